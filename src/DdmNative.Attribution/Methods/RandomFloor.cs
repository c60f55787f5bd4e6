using DdmNative.Attribution.Objectives;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `random`: numbers uniform in [−½, ½), one for each objective and part, from the seed. What every method must beat. No unit, no sign.
/// </summary>
public sealed class RandomFloor : IAttributionMethod
{
    // Keeps the draws apart from initialisations, which are drawn with the same seed.
    private const uint Stream = 0x524E444D;

    public object Options => new { };

    public MemoryEstimate Estimate(MethodContext context) => new();

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var values = new double[context.Objectives.Count * context.Parts.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = Philox.Uniform(context.Seed, Stream, (ulong)i) - 0.5;
        return context.ToMatrix(values);
    }
}
