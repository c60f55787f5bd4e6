using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;

namespace DdmNative.Runs.Experiments;

/// <summary>
/// Measures how much of the training set is useless according to a method: the accuracy after training without the 1, 10, 20 and 50 % of
/// the groups that help least.
/// </summary>
internal sealed class UselessData : Experiment
{
    private static readonly double[] Percent = [1, 10, 20, 50];

    public override string Name => "useless-data";

    public override string Title => "Training without useless data";

    public override IReadOnlyList<string> DefaultMethods => ["controlled-replay", "head"];

    public override ExperimentResult Run(ExperimentContext context)
    {
        Job job = context.Job with { Evaluation = (context.Job.Evaluation ?? new JobEvaluation()) with { Percent = Percent } };
        job = ExperimentContext.Measured(job, context.MethodsOf(this), EvaluationMetrics.Removal);
        context.Run("removal", job);
        var rows = new List<(string Method, string Order, double Percent, double Groups, double Images, double Accuracy, double Change)>();
        using (var csv = new CsvRows(context.PathOf("removal/evaluation/removal.csv")))
        {
            csv.Require("method", "order", "percent", "groups", "images", "accuracy", "accuracy_change");
            while (csv.Next())
                rows.Add((csv.Text("method"), csv.Text("order"), csv.Real("percent"), csv.Real("groups"), csv.Real("images"),
                    csv.Real("accuracy"), csv.Real("accuracy_change")));
        }

        var table = new FigureTable(["method", "removed", "percent"],
            [("groups", "0"), ("images", "0"), ("accuracy", "0.000"), ("accuracy_change", "+0.000;-0.000")]);
        var lines = new List<ChartSeries>();
        foreach (var curve in rows.GroupBy(row => (row.Method, row.Order)))
        {
            string removed = curve.Key.Order switch { "harmful" => "least useful", "helpful" => "most useful", _ => "random" };
            var points = curve.GroupBy(row => row.Percent).Select(at => (X: at.Key, Y: at.Average(row => row.Accuracy), Of: at.ToArray()))
                .ToArray();
            foreach ((double percent, double accuracy, var of) in points)
                table.Add([curve.Key.Method, removed, percent.ToString(CultureInfo.InvariantCulture)], of.Average(row => row.Groups),
                    of.Average(row => row.Images), accuracy, of.Average(row => row.Change));
            double whole = rows[0].Accuracy - rows[0].Change;
            lines.Add(new ChartSeries(removed == "random"
                ? "random" : $"{curve.Key.Method}, {removed}", [(0, whole), .. points.Select(point => (point.X, point.Y))]));
        }

        return new ExperimentResult(table, SvgChart.Lines(Title, "% of the groups removed", "test accuracy", lines),
            $"Test accuracy after training again without a share of the groups, {job.Evaluation!.Seeds} seeds; random is the mean of "
            + $"{RemovalPlan.RandomOrders} orders. Shares come as near as whole groups allow.");
    }
}
