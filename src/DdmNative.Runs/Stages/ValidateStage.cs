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
    /// The figure of a method's exact effects that lie within twice the noise that was known before exact retraining, as a share.
    /// </summary>
    public const string Coverage = "coverage";

    /// <summary>
    /// The fewest independent differences between groups of one class for the view <c>within</c>. Of one or two, the correlation is near 1
    /// or −1 whatever the predictions are.
    /// </summary>
    private const int LeastDifferences = 5;

    public override string Name => StageName;

    public override string Title => "compare with exact retraining";

    public override IReadOnlyList<string> Needs
        => [AttributeStage.StageName, RetrainStage.StageName, .. job.Validation.Baselines ? (string[])[BaselineStage.StageName] : []];

    public override object Settings => new { job.Attribution, job.Validation.Calibrate, job.Validation.Baselines, HasNoise = true };

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
        var exact = AttributionMatrix.Mean(seeds);
        new ValidationFile(chosen, exact, job.Attribution.Methods,
            [.. predicted.Select(matrix => matrix.SelectGroups(chosen))])
            .Write(context.PathFor(ValidationFile.Name), seeds, RetrainStage.Seeds(job));

        var figures = new Dictionary<string, double>();
        AddCorrelations(figures, context, groups, chosen, retrained, losses, effects);
        for (int i = 0; i < predicted.Length; i++)
        {
            string method = job.Attribution.Methods[i];
            if (EffectNoise.Coverage(predicted[i].SelectGroups(chosen), exact,
                effects.Noise(method, groups.ClassOf).SelectObjectives(rows).SelectGroups(chosen)) is double coverage)
                figures.Add(FigureOf(Coverage, method), coverage);
        }

        // What is retrained for another reason calibrates as well: by default all of it.
        int[] columns = job.Validation.Calibrate == 0 ? [.. Enumerable.Range(0, chosen.Length)]
            : [.. Enumerable.Range(0, chosen.Length).OrderBy(i => groups.ClusterOf[chosen[i]]).Take(job.Validation.Calibrate).Order()];
        Calibrate(context, groups, predicted, effects, (exact, chosen), columns, figures);
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

    /// <summary>
    /// Writes the effects in real units with their noise: how far they then lie from exact retraining, and their error over the test
    /// images.
    /// </summary>
    /// <param name="context">The run.</param>
    /// <param name="groups">All groups.</param>
    /// <param name="predicted">[A]: effects [O, G].</param>
    /// <param name="effects">The source of the errors over the test images.</param>
    /// <param name="exact">Exact effects [O, C], and the groups [C] that they are of.</param>
    /// <param name="columns">The columns of <paramref name="exact"/> that slopes are fitted on.</param>
    /// <param name="figures">Receives the slopes.</param>
    private void Calibrate(StageContext context, GroupTable groups, AttributionMatrix[] predicted, MethodEffects effects,
        (AttributionMatrix Effects, int[] Groups) exact, int[] columns, Dictionary<string, double> figures)
    {
        var slopes = new double[predicted.Length];
        int[] on = [.. columns.Select(i => exact.Groups[i])];
        var (calibrated, noise) = (new List<AttributionMatrix>(), new List<AttributionMatrix>());
        for (int i = 0; i < predicted.Length; i++)
        {
            double fitted = Calibration.SlopeOf(predicted[i], exact.Effects.SelectGroups(columns), on);
            // A factor that turns the signs round, or none, is no unit.
            slopes[i] = fitted > 0 ? fitted : double.NaN;
            if (fitted > 0)
                figures.Add(FigureOf("calibration", job.Attribution.Methods[i]), fitted);
            calibrated.Add(predicted[i].Scale(slopes[i]));
            var errors = ResidualErrors.Measure(calibrated[i].SelectGroups(exact.Groups), exact.Effects,
                [.. exact.Groups.Select(g => groups.ClassOf[g])]);
            noise.Add(EffectNoise.Combine(predicted[i].Objectives, groups.ClassOf, null,
                effects.SamplingErrors(job.Attribution.Methods[i])?.SelectObjectives(predicted[i].Objectives).Scale(slopes[i]), errors));
        }

        CalibrationFile.Write(context.PathFor(CalibrationFile.Name), job.Attribution.Methods, calibrated, slopes, noise, on);
    }
}
