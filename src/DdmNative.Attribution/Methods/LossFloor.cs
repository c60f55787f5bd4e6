using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `loss`: the part's own loss under the target, L_g = Σ_{n∈g} L(x_n; θ_T)/N, read as harm: W[o, g] = L_g for a loss, −L_g for objectives
/// of which more is better. It knows nothing of the objective: a floor, and for mislabelled samples a strong one.
/// </summary>
public sealed class LossFloor : IAttributionMethod
{
    public object Options => new { };

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new MemoryEstimate(("passes", MemoryEstimate.Pass(context.Network, 1, Math.Min(256, context.Train.Count))));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var evaluator = new ModelEvaluator(context.Device, context.Network, context.Train);
        var objective = new Objective(ObjectiveKind.Loss);
        var loss = new double[context.Parts.Count];
        evaluator.Visit(context.Target, 1, (_, n, logits) => loss[context.Parts.GroupOf[n]]
            += objective.Evaluate(logits, context.Train.Labels.AsSpan(n, 1)) / context.Train.Count);
        return context.ToMatrix([.. context.Objectives.SelectMany(row => loss.Select(value => row.HarmSign * value))]);
    }
}
