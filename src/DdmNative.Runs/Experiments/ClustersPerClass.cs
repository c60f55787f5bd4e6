using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Experiments;

/// <summary>
/// Measures how small groups may be: the correlation with exact retraining as every class is divided into more clusters, and the ceiling
/// that training noise sets.
/// </summary>
internal sealed class ClustersPerClass : Experiment
{
    private static readonly int[] Counts = [1, 2, 5, 10];

    public override string Name => "clusters";

    public override string Title => "Clusters per class";

    public override IReadOnlyList<string> DefaultMethods => ["controlled-replay", "repair", "head"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        string[] lines = [.. context.MethodsOf(this), EvaluationStage.Ceiling];
        string[] figures = ["same_pearson", "same_spearman", "total_pearson", "all_pearson"];
        var table = new FigureTable(["clusters", "method"], [.. figures.Select(figure => (figure, "0.00"))]);
        var points = lines.ToDictionary(line => line, _ => new List<(double, double)>());
        foreach (int count in Counts)
        {
            string text = count.ToString(CultureInfo.InvariantCulture);
            Job job = ExperimentContext.Measured(
                context.Job with { Groups = new JobGroups { PerClass = count, Space = context.Job.Groups.Space } }, context.MethodsOf(this),
                EvaluationMetrics.LeaveOneOut);
            EvaluationSummary evaluation = context.Run("clusters-" + text, job);
            foreach (string line in lines.Where(line => evaluation.Methods.Any(method => method.Name == line)))
            {
                double[] values = [.. figures.Select(figure => ExperimentContext.Figure(evaluation, line, figure))];
                table.Add([text, line], values);
                points[line].Add((count, values[0]));
            }
        }

        return new ExperimentResult(table,
            SvgChart.Lines(Title, "clusters per class", "Pearson's r, own class",
            [.. lines.Select(line => new ChartSeries(line, points[line]))]),
            "Every class is divided into this many clusters, and each cluster is left out in turn. The smaller the groups, the smaller "
            + "their effects compared with the noise of training, which the ceiling shows.");
    }
}
