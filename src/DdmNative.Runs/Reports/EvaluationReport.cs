using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Reports;

/// <summary>
/// An evaluation as one table with a line per method: <c>evaluation.csv</c> with every figure, <c>evaluation.md</c> and the terminal with
/// those of <see cref="Columns"/>.
/// </summary>
public static class EvaluationReport
{
    internal const string CsvFile = "evaluation.csv", MarkdownFile = "evaluation.md";

    private const double Mebibyte = 1024 * 1024;

    /// <summary>
    /// The columns of the comparison table: figure, heading, format. Columns of metrics that were not requested are left out.
    /// </summary>
    private static readonly (string Figure, string Heading, string Format)[] Columns =
    [
        ("total_pearson", "LOO r", "0.00"), ("total_spearman", "LOO ρ", "0.00"), ("total_slope", "LOO slope", "0.00"),
        ("same_pearson", "own class r", "0.00"),
        ("lds_total", "LDS total", "0.00"), ("lds_class", "LDS class", "0.00"), ("lds_sample", "LDS sample", "0.00"),
        ("helpful_removed", "− helpful", "+0.000;-0.000"), ("harmful_removed", "− harmful", "+0.000;-0.000"),
        ("flipped", "flipped", "0.00"), ("auroc", "AUROC", "0.00"), ("average_precision", "AP", "0.00"),
    ];

    /// <summary>The comparison table: the main figures, then time and memory.</summary>
    public static FigureTable Table(EvaluationSummary evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        var columns = Columns.Where(column => evaluation.Methods.Any(method => method.Figures.ContainsKey(column.Figure))).ToList();
        var table = new FigureTable(["method"],
            [.. columns.Select(column => (column.Heading, column.Format)), ("offline s", "0.0"), ("online s", "0.00"), ("MiB", "0")]);
        foreach (EvaluatedMethod method in evaluation.Methods)
        {
            table.Add([method.Name],
            [
                .. columns.Select(column => method.Figures.TryGetValue(column.Figure, out double value) ? value : double.NaN),
                method.OfflineSeconds ?? double.NaN, method.OnlineSeconds ?? double.NaN, method.PeakBytes / Mebibyte ?? double.NaN,
            ]);
        }

        return table;
    }

    /// <summary>
    /// The linear datamodelling scores, a line per method and kind of subset, with the interval of the mean over single predictions; null
    /// if there are only those of halves of the groups, which <see cref="Table"/> has.
    /// </summary>
    public static FigureTable? Scores(EvaluationSummary evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        if (evaluation.Lds.All(score => score.Setting.IsDefault))
            return null;
        var table = new FigureTable(["method", "subsets of", "keep"],
            [("sample", "0.00"), ("low", "0.00"), ("high", "0.00"), ("class", "0.00"), ("total", "0.00")]);
        foreach (LdsScore score in evaluation.Lds)
            table.Add([score.Method, score.SubsetsOf, score.Setting.KeepText], [.. ((double?[])
                [score.Sample, score.SampleLow, score.SampleHigh, score.Class, score.Total]).Select(value => value ?? double.NaN)]);
        return table;
    }

    /// <summary>The cost of retraining, as a sentence.</summary>
    public static string Retraining(EvaluationSummary evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        return evaluation.RetrainingSeconds is double seconds
            ? string.Create(CultureInfo.InvariantCulture,
                $"{evaluation.Retrained} models retrained, {seconds:0.00} s each, run together; the others were reused.")
            : "No model was retrained; all were reused.";
    }

    /// <summary>Writes both files of a run, and the charts of the scores.</summary>
    internal static void Write(RunFolder run, EvaluationSummary evaluation)
    {
        string[] names = [.. evaluation.Methods.SelectMany(method => method.Figures.Keys).Distinct().Order(StringComparer.Ordinal)];
        var all = new FigureTable(["method"], [.. names.Select(name => (name, "R"))]);
        foreach (EvaluatedMethod method in evaluation.Methods)
            all.Add([method.Name], [.. names.Select(name => method.Figures.TryGetValue(name, out double value) ? value : double.NaN)]);
        AtomicFile.WriteText(run.PathOf(CsvFile), all.Csv());
        string scores = Scores(evaluation) is FigureTable table ? $"Linear datamodelling score:\n\n{table.Markdown()}\n" : "";
        AtomicFile.WriteText(run.PathOf(MarkdownFile), $"{Table(evaluation).Markdown()}\n{scores}{Retraining(evaluation)}\n");
        LdsCharts.Write(run, evaluation);
    }
}
