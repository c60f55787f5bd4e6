using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// One metric of the evaluation, on all of the job's methods: <c>evaluation/METRIC.csv</c>, and its figures as <c>FIGURE:METHOD</c>.
/// </summary>
internal abstract class EvaluationStage(string metric, Job job, JobEvaluation evaluation) : Stage
{
    /// <summary>Used in place of a method's name: one seed's retrained models against the mean of the others'.</summary>
    public const string Ceiling = "ceiling";

    /// <summary>Used in place of a method's name: groups in random order.</summary>
    public const string RandomOrder = "random order";

    /// <summary>Used in place of a method's name: each training sample's own loss.</summary>
    public const string OwnLoss = "own loss";

    /// <summary>Figures of every metric that retrains: the number of trained models, and their total time.</summary>
    public const string RetrainedModels = "retrained", RetrainedSeconds = "retrained_seconds";

    public override string Name => NameOf(metric);

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName,
        .. MethodRegistry.Parts(job.Attribution.Methods).Select(MethodStage.NameOf), .. AttributeStage.ReferenceOf(job)];

    public override string? Kept(StageContext context) => Stages.RetrainedModels.Kept(context);

    protected Job Job => job;

    protected JobEvaluation Evaluation => evaluation;

    /// <summary>The target's own seed, and those after it.</summary>
    protected ulong[] Seeds => [.. Enumerable.Range(0, evaluation.Seeds).Select(r => job.Seed + (ulong)r)];

    protected string CsvFile => $"evaluation/{metric}.csv";

    public static string NameOf(string metric) => "evaluate:" + metric;

    /// <summary>The stage of a metric.</summary>
    public static EvaluationStage For(string metric, Job job, JobEvaluation evaluation) => metric switch
    {
        EvaluationMetrics.LeaveOneOut => new LeaveOneOutStage(job, evaluation),
        EvaluationMetrics.LinearDatamodeling => new LinearDatamodelingStage(job, evaluation),
        EvaluationMetrics.Removal => new RemovalStage(job, evaluation),
        EvaluationMetrics.Brittleness => new BrittlenessStage(job, evaluation),
        _ => new MislabelStage(job, evaluation),
    };

    /// <summary>The test samples whose single predictions are evaluated.</summary>
    protected int[] Predictions(StageContext context) => ChosenPredictions.Of(context.Inputs.Test.Count, evaluation.Predictions, job.Seed);

    /// <summary>
    /// Every method's effects on the objectives. In a shard, only those methods whose effects existed before the work was divided, because
    /// all shards know these.
    /// </summary>
    protected static IReadOnlyList<(string Method, AttributionMatrix Effects)> Effects(StageContext context,
        IReadOnlyList<Objective> objectives)
    {
        HashSet<string> finished = [.. context.Folder.Record!.Stages.Select(stage => stage.Name)];
        string[] unknown = context.Share is null
            ? []
            : [.. context.Job.Attribution.Methods.Where(method
                => !MethodRegistry.Parts(method).All(part => finished.Contains(MethodStage.NameOf(part))))];
        if (unknown.Length > 0)
            context.Listener.Note($"The models that depend on the effects by {string.Join(", ", unknown)} are left for ddm merge. To "
                + $"divide them too, run attribute first and use that run with --from.");
        var effects = new MethodEffects(context, objectives);
        return [.. context.Job.Attribution.Methods.Except(unknown).Select(method => (method, effects.Read(method)))];
    }

    /// <summary>Writes the metric's table and returns its figures, with the cost of retraining.</summary>
    protected StageResult Result(StageContext context, FigureTable table, Dictionary<string, double> figures,
        RetrainedModels? models = null, params string[] otherFiles)
    {
        AtomicFile.WriteText(context.PathFor(CsvFile), table.Csv());
        if (models is not null)
        {
            figures.Add(RetrainedModels, models.Trained);
            figures.Add(RetrainedSeconds, models.Seconds);
        }

        // If effects do not vary, there is no correlation; JSON has no NaN, so the figure is left out.
        return new StageResult([CsvFile, .. otherFiles, .. models?.Files ?? []],
            figures.Where(figure => double.IsFinite(figure.Value)).ToDictionary());
    }

    /// <summary>The name under which a figure of a method is stored.</summary>
    protected static string FigureOf(string figure, string method) => ValidateStage.FigureOf(figure, method);
}
