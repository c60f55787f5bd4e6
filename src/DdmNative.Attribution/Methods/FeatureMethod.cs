using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `feature`: the distilled form of `head`. A few weighted features of each part (<see cref="FeatureSynset"/>) take the place of the data.
/// Unit: the objective's. Cost: G + 1 trainings of the head, whatever the number of training samples.
/// </summary>
public sealed class FeatureMethod : IModelMethod
{
    private static readonly SynsetRecipe Features = new(SynsetRecipe.Feature, 0, 0);

    public ModelSettings Settings => new(Feature: new FeatureSynsetSchedule());

    public SynsetRecipe? Recipe => Features;

    internal static MethodDescription Description { get; } =
        new("feature", "the linear head trained again on a few features of each part, without the part", "partial retraining",
            _ => new FeatureMethod())
        {
            Kind = MethodKind.Models,
            Option = MethodDescription.SynsetOption,
            Title = "feature synset (depth dial)",
            IsChecked = true,
        };

    public double? Work(TrainingPasses passes)
    {
        ArgumentNullException.ThrowIfNull(passes);
        return passes.TopSteps(passes.HeadStart, passes.Groups + 1, new FeatureSynsetSchedule().BatchSize ?? 0);
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, context.Removals.Count);
    }

    public CounterfactualLogits Models(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using PartialRetraining retraining = DepthMethod.Retraining(context, Depth.Head);
        return retraining.RunDistilled(context.Recipe, context.Initial, context.Synsets.Features(Features), new FeatureSynsetSchedule(),
            context.Removals, DepthMethod.Waves(context), context.Cancellation);
    }
}
