using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `encoded-ensemble` (after Dai and Gifford, "Training data attribution for diffusion models", 2023): an ensemble trained on engineered
/// splits, in pairs that share the parts out between them, so that every part is known to exactly half of the members. To remove a part is
/// to average the members that never saw it: W[o, g] = F_o(mean logits of those that saw g) − F_o(mean logits of those that did not). Unit:
/// the objective's, of an ensemble on half of the data. Cost: one training on half of the data for each member, whatever G; no part needs
/// another.
/// </summary>
/// <param name="members">Models, an even number.</param>
public sealed class EncodedEnsemble(int members = 32) : IAttributionMethod
{
    public object Options => new { members };

    /// <summary>From <c>members</c>.</summary>
    /// <exception cref="MethodRequestException">The number is odd or out of range.</exception>
    public static EncodedEnsemble From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        int members = settings.Whole("members", 32, 2, 1_000_000);
        return members % 2 == 0 ? new EncodedEnsemble(members)
            : throw new MethodRequestException(
                $"Method 'encoded-ensemble': members is {members}, expected an even number: members come in pairs "
                + "that share the parts out.");
    }

    public bool FallsIntoPieces => true;

    public string? Fault(int parts) => parts < 2 ? "Method 'encoded-ensemble' needs two parts or more to share out." : null;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, members);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int parts = context.Parts.Count;
        if (Fault(context.Parts.Count) is string fault)
            throw new MethodRequestException(fault);
        int[][] halfOf = [.. Enumerable.Range(0, members / 2).Select(pair => PartSplits.Shards(parts, 2, context.Seed, pair))];
        int[][] leftOut = [.. Enumerable.Range(0, members)
            .Select(member => Enumerable.Range(0, parts).Where(g => halfOf[member / 2][g] != member % 2).ToArray())];
        IReadOnlyList<float[]> logits = LeaveOutModels.Retrained(context, leftOut);
        int length = context.Test.Count * context.Network.Classes;
        var effects = new double[context.Objectives.Count * parts];
        var sums = new double[2][];
        for (int g = 0; g < parts; g++)
        {
            sums[0] = new double[length];
            sums[1] = new double[length];
            for (int member = 0; member < members; member++)
            {
                double[] sum = sums[halfOf[member / 2][g] == member % 2 ? 0 : 1];
                float[] model = logits[member];
                for (int i = 0; i < length; i++)
                    sum[i] += model[i];
            }

            float[] with = Array.ConvertAll(sums[0], value => (float)(value / (members / 2))),
                without = Array.ConvertAll(sums[1], value => (float)(value / (members / 2)));
            for (int o = 0; o < context.Objectives.Count; o++)
                effects[o * parts + g] = context.Objectives[o].Evaluate(with, context.Test.Labels)
                    - context.Objectives[o].Evaluate(without, context.Test.Labels);
        }

        return context.ToMatrix(effects);
    }
}
