using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// A method that produces models: the target as it would be without each part. Their logits are kept, so that effects on any objective can
/// be computed later, and methods can be averaged.
/// </summary>
public interface IModelMethod : IAttributionMethod
{
    /// <summary>The settings that decide the models.</summary>
    ModelSettings Settings { get; }

    object IAttributionMethod.Options => Settings;

    bool IAttributionMethod.FallsIntoPieces => true;

    /// <summary>The logits on the evaluation samples of the control and of one model without each part.</summary>
    /// <exception cref="Online.MissingTrajectoryException">The method needs more of the target's training than was recorded.</exception>
    /// <exception cref="Sharding.AwaitingShardsException">The pieces of a shard are done.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished models are kept (<see cref="MethodContext.Pieces"/>).</exception>
    CounterfactualLogits Models(MethodContext context);

    AttributionMatrix IAttributionMethod.Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return AttributionMatrix.From(Models(context), context.Test.Labels, context.Objectives);
    }
}

/// <summary>The settings that decide a method's models; null for those that the method does not have.</summary>
/// <param name="Mode">The online mode's.</param>
/// <param name="Trust">How far models may move.</param>
/// <param name="Feature">How a synset of features is trained on.</param>
public sealed record ModelSettings(object? Mode = null, object? Trust = null, object? Feature = null);

/// <summary>A method that can remove several groups together from the target.</summary>
public interface IUnlearningMethod : IAttributionMethod
{
    /// <summary>The parameters [P] of the target without the groups.</summary>
    /// <param name="context">The request; its parts are the groups.</param>
    /// <param name="forgotten">The groups, ascending.</param>
    float[] Unlearn(MethodContext context, int[] forgotten);
}
