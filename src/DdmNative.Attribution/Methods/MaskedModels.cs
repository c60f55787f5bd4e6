using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `mask-regression` (Ye et al., CVPR 2024, Eq. 8): the target perturbed on the synset without random sets of parts, and a ridge regression
/// of the objectives on the sets (<see cref="MaskRegression"/>). Unit: the objective's. Cost: one perturbed model per set.
/// </summary>
public sealed class MaskedModels : IAttributionMethod
{
    private readonly SynsetMethod _method;
    private readonly int _masks;
    private readonly double _probability;
    private readonly double _ridge;

    private MaskedModels(SynsetMethod method, int masks, double probability, double ridge)
        => (_method, _masks, _probability, _ridge) = (method, masks, probability, ridge);

    public object Options => new
    {
        _method.Settings.Mode,
        _method.Settings.Trust,
        _method.Recipe,
        _masks,
        _probability,
        _ridge,
    };

    public bool FallsIntoPieces => true;

    public SynsetRecipe? Recipe => _method.Recipe;

    /// <summary>
    /// Creates the method from <c>mode</c> (the online mode), its <c>images</c> and <c>steps</c>, <c>masks</c> (R), <c>probability</c> (of
    /// a part to be in a set) and <c>ridge</c> (λ).
    /// </summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static MaskedModels From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string mode = settings.Word("mode", "push", [.. MethodRegistry.NamedBy(MethodDescription.ModeOption).Select(known => known.Name)]);
        return new MaskedModels(
            (SynsetMethod)MethodRegistry.Describe(mode).Create(settings),
            settings.Whole("masks", 200, 1, 100_000),
            settings.Real("probability", 0.06, 0, 0.5),
            settings.Real("ridge", 0.1, 1e-9, 1e6));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long logits = (_masks + 1L) * context.Test.Count * context.Network.Classes * sizeof(float);
        return _method.Estimate(context) + new MemoryEstimate(("logits", logits));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int groups = context.Parts.Count;
        // A model without any part at all would have nothing to keep.
        IReadOnlyList<int[]> masks = [.. RandomMasks.Draw(groups, _masks, context.Seed, _probability)
            .Select(mask => mask.Length < groups ? mask : mask[..^1])];
        (Training.CounterfactualLogits logits, double keptLoss, double part) = _method.Perturb(context, masks);
        SynsetMethod.Warn(context, "mask-regression", keptLoss, part);
        AttributionMatrix effects = AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
        return MaskRegression.Fit(masks, effects, groups, _ridge);
    }
}
