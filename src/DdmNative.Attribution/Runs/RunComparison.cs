using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Attribution.Runs;

/// <summary>
/// Several validated runs of one job, usually of different target seeds, as one table in Markdown: the mean of each correlation with exact retraining over the runs,
/// and the least of them where there are several.
/// </summary>
public static class RunComparison
{
    private static readonly string[] Views = ["same", "all", "off", "total", "within"];

    /// <summary>Reads the runs' <c>run.json</c> and writes the table.</summary>
    /// <exception cref="BadInputException">A folder is no run, or has not been validated.</exception>
    public static string Table(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        RunSummary[] runs = [.. folders.Select(Validated)];
        var text = new StringBuilder();
        text.Append("| method | ").AppendJoin(" | ", Views).Append(" | offline | online | speed-up |\n|---|").Append(string.Concat(Enumerable.Repeat("--:|", Views.Length + 3))).Append('\n');
        if (runs.All(run => run.Ceiling.Count > 0))
            Row(text, "ceiling: one seed against the mean of the others", [.. runs.Select(run => run.Ceiling)], " | | |");
        foreach (string name in runs[0].Baselines.Keys.Where(name => runs.All(run => run.Baselines.ContainsKey(name))))
            Row(text, name, [.. runs.Select(run => run.Baselines[name])], " | | |");
        foreach (string name in runs[0].Methods.Select(method => method.Name))
        {
            MethodSummary[] methods = [.. runs.Select(run => run.Methods.FirstOrDefault(method => method.Name == name)).OfType<MethodSummary>()];
            if (methods.Length == runs.Length)
                Row(text, AttributionMethods.Title(name), [.. methods.Select(method => method.Correlations)],
                    $"{Mean(methods, m => m.OfflineSeconds, "0.0")} s | {Mean(methods, m => m.OnlineSeconds, "0.00")} s | {Mean(methods, m => m.SpeedUp ?? double.NaN, "0")}× |");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nMean over {runs.Length} run{(runs.Length == 1 ? "" : "s (the least in brackets)")}; ");
        text.Append(CultureInfo.InvariantCulture, $"{runs[0].RetrainedGroups} groups retrained without exactly, {runs[0].RetrainedSeeds} seed{(runs[0].RetrainedSeeds == 1 ? "" : "s")} each, ");
        text.Append(CultureInfo.InvariantCulture, $"{runs.Average(run => run.RetrainingSeconds ?? double.NaN):0.00} s a retraining; test accuracy {runs.Average(run => run.TestAccuracy ?? double.NaN):0.000}.\n");
        return text.ToString();
    }

    private static RunSummary Validated(string folder)
    {
        RunSummary? summary = RunFolder.Peek(folder)?.Summary;
        if (summary is null || summary.Methods.All(method => method.Correlations.Count == 0))
            throw new BadInputException(folder, "run.json", summary is null ? "no finished stage" : "no correlations with exact retraining", "a validated run", "Run its job with validation.groups above 0 first.");
        return summary;
    }

    private static void Row(StringBuilder text, string name, IReadOnlyList<IReadOnlyDictionary<string, double>> correlations, string rest)
    {
        text.Append("| ").Append(name).Append(" | ");
        foreach (string view in Views)
        {
            double[] values = [.. correlations.Where(c => c.ContainsKey(view)).Select(c => c[view])];
            text.Append(values.Length == 0 ? "–" : Number(values.Average(), "0.00"));
            if (values.Length > 1)
                text.Append(CultureInfo.InvariantCulture, $" ({Number(values.Min(), "0.00")})");
            text.Append(" | ");
        }

        text.Append(rest).Append('\n');
    }

    private static string Mean(MethodSummary[] methods, Func<MethodSummary, double> figure, string format) => Number(methods.Average(figure), format);

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";
}
