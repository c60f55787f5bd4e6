using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>Compares all methods with exact retraining: <c>validation.npz</c>; where asked for, <c>calibrated.npz</c>.</summary>
internal sealed class ValidateStage(Job job) : Stage
{
    public const string StageName = "validate";

    /// <summary>Stands where a method's name would: one seed against the mean of the others.</summary>
    public const string Ceiling = "ceiling";

    /// <summary>
    /// The fewest independent differences between groups of one class for the view <c>within</c>. Of one or two, the correlation is near 1
    /// or −1 whatever the predictions are.
    /// </summary>
    private const int LeastDifferences = 5;

    public override string Name => StageName;

    public override string Title => "compare with exact retraining";

    public override IReadOnlyList<string> Needs
        => [AttributeStage.StageName, RetrainStage.StageName, .. job.Validation.Baselines ? (string[])[BaselineStage.StageName] : []];

    public override object Settings => new { job.Attribution, job.Validation.Calibrate, job.Validation.Baselines };

    /// <summary>The figure of a method, e.g. <c>same:repair</c>.</summary>
    public static string FigureOf(string view, string method) => $"{view}:{method}";

    public override double? Work(TrainingPasses passes) => 0;

    public override ShardWork InShard => ShardWork.Merge;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = GroupStage.Read(context);
        int[] chosen = RetrainStage.ChosenGroups(job, groups);
        int[] labels = context.Inputs.Test.Labels;
        IReadOnlyList<CounterfactualLogits> retrained = RetrainStage.Read(context, job, groups);
        IReadOnlyList<Objective> objectives = JobObjectives.Expand(job.Attribution.Objectives, labels);
        AttributionMatrix[] seeds = [.. retrained.Select(logits => AttributionMatrix.From(logits, labels, objectives))];
        IReadOnlyList<Objective> losses = Objective.Defaults(labels);
        var effects = new MethodEffects(context, [.. objectives.Concat(losses).DistinctBy(objective => objective.Name)]);
        string[] rows = [.. objectives.Select(objective => objective.Name)];
        AttributionMatrix[] predicted = [.. job.Attribution.Methods.Select(method => effects.Read(method).SelectObjectives(rows))];
        new ValidationFile(chosen, AttributionMatrix.Mean(seeds), job.Attribution.Methods,
            [.. predicted.Select(matrix => matrix.SelectGroups(chosen))])
            .Write(context.PathFor(ValidationFile.Name), seeds, RetrainStage.Seeds(job));

        var figures = new Dictionary<string, double>();
        AddCorrelations(figures, context, groups, chosen, retrained, losses, effects);
        if (job.Validation.Calibrate == 0)
            return new StageResult([ValidationFile.Name], figures);
        int[] columns = [.. Enumerable.Range(0, chosen.Length).OrderBy(i => groups.ClusterOf[chosen[i]]).Take(job.Validation.Calibrate)
            .Order()];
        AttributionMatrix exact = AttributionMatrix.Mean(seeds).SelectGroups(columns);
        WriteCalibrated(context.PathFor(CalibrationFile.Name), predicted, exact, [.. columns.Select(i => chosen[i])], figures);
        return new StageResult([ValidationFile.Name, CalibrationFile.Name], figures);
    }

    /// <summary>
    /// On the total loss and every class's, whatever the job's own objectives are: that is what the views are defined on.
    /// </summary>
    private void AddCorrelations(Dictionary<string, double> figures, StageContext context, GroupTable groups, int[] chosen,
        IReadOnlyList<CounterfactualLogits> retrained, IReadOnlyList<Objective> losses, MethodEffects effects)
    {
        int[] labels = context.Inputs.Test.Labels;
        int[] classOf = [.. chosen.Select(g => groups.ClassOf[g])];
        if (classOf.Except(labels).Any())
        {
            context.Listener.Note("No correlations: a group's class has no test images, or it spans several classes.");
            return;
        }

        bool canCompareWithin = classOf.Length - classOf.Distinct().Count() >= LeastDifferences;
        string[] rows = [.. losses.Select(loss => loss.Name)];
        AttributionMatrix[] exact = [.. retrained.Select(logits => AttributionMatrix.From(logits, labels, losses))];
        foreach (string method in job.Attribution.Methods)
        {
            AttributionMatrix predicted = effects.Read(method).SelectObjectives(rows).SelectGroups(chosen);
            Compare(method, predicted);
        }

        if (job.Validation.Baselines)
            foreach ((string name, AttributionMatrix matrix) in BaselineStage.Names.Zip(BaselineStage.Read(context)))
                Compare(name, matrix.SelectGroups(chosen));
        if (exact.Length > 1)
            Add(figures, Ceiling, NoiseCeiling.Compute(exact, classOf), canCompareWithin);

        void Compare(string name, AttributionMatrix predicted)
            => Add(figures, name, EffectCorrelations.Compute(predicted, AttributionMatrix.Mean(exact), classOf), canCompareWithin);
    }

    private static void Add(Dictionary<string, double> figures, string method, EffectCorrelations correlations, bool canCompareWithin)
    {
        foreach ((string view, double value) in (ReadOnlySpan<(string, double)>)[
            ("same", correlations.Same), ("all", correlations.All), ("off", correlations.Off), ("total", correlations.Total),
            ("within", correlations.Within), ("slope", correlations.Slope)])
        {
            // Where effects do not vary there is no correlation; JSON has no word for that but absence.
            if (double.IsFinite(value) && (view != "within" || canCompareWithin))
                figures.Add(FigureOf(view, method), value);
        }
    }

    private void WriteCalibrated(string path, AttributionMatrix[] predicted, AttributionMatrix exact, int[] on,
        Dictionary<string, double> figures)
    {
        var slopes = new double[predicted.Length];
        var calibrated = new List<AttributionMatrix>();
        for (int i = 0; i < predicted.Length; i++)
        {
            var calibration = Calibration.Fit(predicted[i], exact, on);
            slopes[i] = calibration.Slope;
            calibrated.Add(calibration.Apply(predicted[i]));
            figures.Add(FigureOf("calibration", job.Attribution.Methods[i]), calibration.Slope);
        }

        CalibrationFile.Write(path, job.Attribution.Methods, calibrated, slopes, on);
    }
}
