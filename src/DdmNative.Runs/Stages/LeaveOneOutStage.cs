using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Leaves out every group in turn, and measures how well predicted effects match the exact ones in size, in order and in scale, view by
/// view; and how well one seed matches the others.
/// </summary>
internal sealed class LeaveOneOutStage(Job job, JobEvaluation evaluation) : EvaluationStage(EvaluationMetrics.LeaveOneOut, job, evaluation)
{
    private const string TotalView = "total";

    public override string Title => "compare with leaving out every group";

    public override object Settings => new { Evaluation.Seeds, Job.Attribution.Methods };

    public override ShardWork InShard => ShardWork.Pieces;

    public override StageResult Run(StageContext context)
    {
        using var models = new RetrainedModels(context);
        int[] classOf = models.Groups.ClassOf;
        IReadOnlyList<Objective> losses = Objective.Defaults(context.Inputs.Test.Labels);
        SubsetOutcomes outcomes = models.Outcomes(losses, [[], .. CounterfactualLogits.EachGroup(models.Groups.Count)], Seeds);
        AttributionMatrix[] seeds = [.. Enumerable.Range(0, Seeds.Length).Select(outcomes.EffectsAt)];
        IReadOnlyList<(string View, double[] Values)> exact = ViewsOf(AttributionMatrix.Mean(seeds), classOf, context.Inputs.Test.Labels);
        var table = new FigureTable(["method", "view"], [("pearson", "0.00"), ("spearman", "0.00"), ("slope", "0.00")]);
        var figures = new Dictionary<string, double>();
        foreach ((string method, AttributionMatrix effects) in Effects(context, losses))
        {
            foreach (((string view, double[] predicted), (_, double[] truth)) in ViewsOf(effects, classOf, context.Inputs.Test.Labels)
                .Zip(exact))
                Add(method, view, Agreement.Of(predicted, truth));
        }

        if (seeds.Length > 1)
        {
            IReadOnlyList<(string View, double[] Values)>[] views = [
                .. seeds.Select(effects => ViewsOf(effects, classOf, context.Inputs.Test.Labels))];
            for (int v = 0; v < exact.Count; v++)
                Add(Ceiling, exact[v].View, Agreement.Ceiling([.. views.Select(ofSeed => ofSeed[v].Values)]));
        }

        return Result(context, table, figures, models);

        void Add(string method, string view, Agreement agreement)
        {
            table.Add([method, view], agreement.Pearson, agreement.Spearman, agreement.Slope);
            figures.Add(FigureOf($"{view}_pearson", method), agreement.Pearson);
            figures.Add(FigureOf($"{view}_spearman", method), agreement.Spearman);
            figures.Add(FigureOf($"{view}_slope", method), agreement.Slope);
        }
    }

    /// <summary>All views; only the total if a group's class has no test images, because the others use its loss.</summary>
    private static IReadOnlyList<(string View, double[] Values)> ViewsOf(AttributionMatrix effects, int[] classOf, int[] testLabels)
        => classOf.Except(testLabels).Any()
            ? [(TotalView, effects.Row(new Objective(ObjectiveKind.Loss).Name))]
            : [.. EffectViews.Names.Zip(EffectViews.Of(effects, EffectViews.ClassesIn(effects), classOf).Lists)];
}
