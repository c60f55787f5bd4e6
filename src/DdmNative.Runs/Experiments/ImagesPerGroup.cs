using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Experiments;

/// <summary>Measures how many synthetic images a group needs.</summary>
internal sealed class ImagesPerGroup : Experiment
{
    private static readonly int[] Counts = [1, 2, 4, 8];

    public override string Name => "images-per-group";

    public override string Title => "Synthetic images per group";

    public override IReadOnlyList<string> DefaultMethods => ["repair", "push", "forget"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        IReadOnlyList<string> modes = context.MethodsOf(this);
        string[] known = [.. MethodRegistry.NamedBy(MethodDescription.ModeOption).Select(mode => mode.Name)];
        if (modes.FirstOrDefault(mode => !known.Contains(mode)) is string other)
            throw new BadInputException(Name, "methods", $"'{other}'",
                $"modes on synthetic images, without a number: {string.Join(", ", known)}", "Use one of these.");
        Job job = ExperimentContext.Measured(context.Job, [.. modes.SelectMany(mode => Counts.Select(count => NameOf(mode, count)))],
            EvaluationMetrics.LeaveOneOut);
        EvaluationSummary evaluation = context.Run("images", job);
        string[] figures = ["same_pearson", "same_spearman", "total_pearson", "all_pearson"];
        var table = new FigureTable(["method", "images"],
            [.. figures.Select(figure => (figure, "0.00")), ("offline_seconds", "0.0"), ("online_seconds", "0.00")]);
        var lines = new List<ChartSeries>();
        foreach (string mode in modes)
        {
            foreach (int count in Counts)
            {
                EvaluatedMethod line = evaluation.Methods.First(method => method.Name == NameOf(mode, count));
                table.Add([mode, count.ToString(CultureInfo.InvariantCulture)],
                    [.. figures.Select(figure => ExperimentContext.Figure(evaluation, line.Name, figure)), line.OfflineSeconds
                    ?? double.NaN, line.OnlineSeconds ?? double.NaN]);
            }

            lines.Add(new ChartSeries(mode,
                [.. Counts.Select(count => ((double)count, ExperimentContext.Figure(evaluation, NameOf(mode, count), "same_pearson")))]));
        }

        double ceiling = ExperimentContext.Figure(evaluation, EvaluationStage.Ceiling, "same_pearson");
        lines.Add(new ChartSeries(EvaluationStage.Ceiling, [.. Counts.Select(count => ((double)count, ceiling))]));
        return new ExperimentResult(table, SvgChart.Lines(Title, "images per group", "Pearson's r, own class", lines),
            "The same groups distilled into more or fewer images; correlations with exact retraining, and the time of matching and of all "
            + "groups' effects.");
    }

    private static string NameOf(string mode, int count) => string.Create(CultureInfo.InvariantCulture, $"{mode}:{count}");
}
