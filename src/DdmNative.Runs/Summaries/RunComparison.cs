using DdmNative.Attribution.Metrics;
using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// Several validated runs of one job, usually with different target seeds: the mean and the minimum over the runs of each correlation with
/// exact retraining.
/// </summary>
public sealed record RunComparison
{
    private static readonly IReadOnlyList<string> Views = EffectViews.Names;

    /// <summary>The runs' folders.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>The ceiling and the baselines that all runs have, then the methods.</summary>
    public required IReadOnlyList<ComparedRow> Rows { get; init; }

    /// <summary>The number of groups in exact retraining.</summary>
    public int? RetrainedGroups { get; init; }

    /// <summary>The number of seeds that the exact effects are averaged over.</summary>
    public int? RetrainedSeeds { get; init; }

    /// <summary>The mean time of one exact retraining.</summary>
    public double RetrainingSeconds { get; init; }

    /// <summary>The mean over the runs.</summary>
    public double TestAccuracy { get; init; }

    /// <summary>Reads the runs' <c>run.json</c>.</summary>
    /// <exception cref="BadInputException">A folder is not a run, or has not been validated.</exception>
    public static RunComparison Of(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        RunSummary[] runs = [.. folders.Select(Validated)];
        var rows = new List<ComparedRow>();
        if (runs.All(run => run.Ceiling.Count > 0))
            rows.Add(new ComparedRow(ComparedRow.Ceiling, "one seed against the mean of the others",
                Over(runs.Select(run => run.Ceiling))));
        foreach (string name in runs[0].Baselines.Keys.Where(name => runs.All(run => run.Baselines.ContainsKey(name))))
            rows.Add(new ComparedRow(ComparedRow.Baseline, name, Over(runs.Select(run => run.Baselines[name]))));
        foreach (string name in runs[0].Methods.Select(method => method.Name))
        {
            MethodSummary[] methods = [
                .. runs.Select(run => run.Methods.FirstOrDefault(method => method.Name == name)).OfType<MethodSummary>()];
            if (methods.Length == runs.Length)
                rows.Add(new ComparedRow(ComparedRow.Method, name, Over(methods.Select(method => method.Correlations)),
                    methods.Average(method => method.OfflineSeconds), methods.Average(method => method.OnlineSeconds),
                    methods.Average(method => method.SpeedUp ?? double.NaN)));
        }

        return new RunComparison
        {
            Runs = folders,
            Rows = rows,
            RetrainedGroups = runs[0].RetrainedGroups,
            RetrainedSeeds = runs[0].RetrainedSeeds,
            RetrainingSeconds = runs.Average(run => run.RetrainingSeconds ?? double.NaN),
            TestAccuracy = runs.Average(run => run.TestAccuracy ?? double.NaN),
        };
    }

    /// <summary>Whether all of the runs were validated, so that <see cref="Of"/> can compare them.</summary>
    /// <exception cref="BadInputException">A run's <c>run.json</c> is damaged.</exception>
    public static bool IsPossible(IReadOnlyList<string> folders)
        => folders.All(folder => RunFolder.Peek(folder)?.Summary is RunSummary summary && IsValidated(summary));

    /// <summary>Formats the comparison as a table in Markdown, with the minimum in brackets if there are several runs.</summary>
    public string Table()
    {
        var text = new StringBuilder();
        text.Append("| method | ").AppendJoin(" | ", Views).Append(" | offline | online | speed-up |\n|---|")
            .Append(string.Concat(Enumerable.Repeat("--:|", Views.Count + 3))).Append('\n');
        foreach (ComparedRow row in Rows)
        {
            string title = row.Kind switch { ComparedRow.Ceiling => $"ceiling: {row.Name}",
                ComparedRow.Method => MethodRegistry.Title(row.Name), _ => row.Name };
            text.Append("| ").Append(title).Append(" | ").AppendJoin(" | ", Views.Select(view => Cell(row, view))).Append(" | ");
            text.Append(row.Kind == ComparedRow.Method
                ? $"{Number(row.OfflineSeconds, "0.0")} s | {Number(row.OnlineSeconds, "0.00")} s | {Number(row.SpeedUp, "0")}× |"
                    : " | | |").Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture,
            $"\nMean over {Runs.Count} run{(Runs.Count == 1 ? "" : "s (the minimum in brackets)")}; ");
        text.Append(CultureInfo.InvariantCulture,
            $"exact retraining without each of {RetrainedGroups} groups, {RetrainedSeeds} seed{(RetrainedSeeds == 1 ? "" : "s")} each, ");
        text.Append(CultureInfo.InvariantCulture, $"{RetrainingSeconds:0.00} s per retraining; test accuracy {TestAccuracy:0.000}.\n");
        return text.ToString();
    }

    /// <summary>Reads the results of a validated run.</summary>
    /// <exception cref="BadInputException">The folder is not a run, or has not been validated.</exception>
    internal static RunSummary Validated(string folder)
    {
        RunSummary? summary = RunFolder.Peek(folder)?.Summary;
        if (summary is null || !IsValidated(summary))
            throw new BadInputException(folder, "run.json", summary is null
                ? "no finished stage" : "no correlations with exact retraining", "a validated run",
                    "Run its job with validation.groups above 0 first.");
        return summary;
    }

    private static bool IsValidated(RunSummary summary) => summary.Methods.Any(method => method.Correlations.Count > 0);

    private static Dictionary<string, ComparedCorrelation> Over(IEnumerable<IReadOnlyDictionary<string, double>> correlations)
        => Views.Select(view => (view, values: correlations.Where(of => of.ContainsKey(view)).Select(of => of[view]).ToArray()))
            .Where(view => view.values.Length > 0)
            .ToDictionary(view => view.view, view => new ComparedCorrelation(view.values.Average(), view.values.Min(), view.values.Length));

    private static string Cell(ComparedRow row, string view)
        => !row.Correlations.TryGetValue(view, out ComparedCorrelation? r)
            ? "–" : Number(r.Mean, "0.00") + (r.Runs > 1 ? $" ({Number(r.Least, "0.00")})" : "");

    private static string Number(double? value, string format)
        => value is double number && double.IsFinite(number) ? FigureText.Of(number, format) : "–";
}
