using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `retrain`: the definition itself. The target's recipe again without each part, from the same initialisation in the same order with the part's samples dropped; the reference is the
/// same recipe with everything. Unit: the objective's. Cost: G + 1 trainings, along the ensemble axis.
/// </summary>
public sealed class Retrain : IAttributionMethod
{
    public object Options => new { };

    public bool FallsIntoPieces => true;

    public string? Fault(int parts) => parts < 2
        ? "Method 'retrain' needs two parts or more: without its only one a model has nothing to train on." : null;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, context.Parts.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Fault(context.Parts.Count) is string fault)
            throw new MethodRequestException(fault);
        IReadOnlyList<int[]> leftOut = CounterfactualLogits.EachGroup(context.Parts.Count);
        var logits = CounterfactualLogits.Of(leftOut, context.Test.Count, context.Network.Classes, LeaveOutModels.Retrained(context, [[], .. leftOut]));
        return AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
    }
}
