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

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, context.Parts.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        CounterfactualLogits logits = new LeaveOutModels(context, "wave").Train(context.Recipe, context.Network.Initialise(context.Recipe.Seed), CounterfactualLogits.EachGroup(context.Parts.Count));
        return AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
    }
}
