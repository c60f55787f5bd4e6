using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>
/// A line for each method: how well it predicted exact retraining, if that is known, and its time; then what to know of it.
/// </summary>
internal static class MethodTable
{
    private static readonly IReadOnlyList<string> Views = EffectViews.Names;

    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        WriteTable(console, summary);
        foreach (MethodSummary method in summary.Methods)
            WriteCheck(console, method, summary);
    }

    private static void WriteTable(IAnsiConsole console, RunSummary summary)
    {
        if (summary.Methods.Count == 0)
            return;
        bool compared = summary.Methods.Any(method => method.Correlations.Count > 0);
        FittedColumn[] columns =
        [
            .. compared ? (FittedColumn[])[new("same", 0), new("all", 6), new("off", 8), new("total", 1), new("within", 7)] : [],
            new("offline s", 5), new("online s", 2),
            .. compared ? (FittedColumn[])[new("speed-up", 4), new("slope", 9)] : [],
        ];
        var table = new FittedTable(compared ? "Methods, and their correlation with exact retraining" : "Methods", "method", columns);
        foreach (MethodSummary method in summary.Methods)
        {
            IEnumerable<string> cells = compared ? Correlations(method.Correlations) : [];
            cells = [.. cells, SignificantDigits.Of(method.OfflineSeconds), SignificantDigits.Of(method.OnlineSeconds)];
            if (compared)
                cells = [.. cells, SpeedUp(method), SignificantDigits.Of(method.Slope)];
            table.Add(MethodRegistry.Title(method.Name), cells);
        }

        string[] none = ["", "", "", ""];
        foreach ((string name, IReadOnlyDictionary<string, double> correlations) in summary.Baselines)
            table.Add(name, [.. Correlations(correlations), .. none]);
        if (summary.Ceiling.Count > 0)
            table.Add("ceiling: one seed against the others", [.. Correlations(summary.Ceiling), .. none]);
        table.Write(console);
    }

    /// <summary>
    /// Writes what was checked of a method without retraining the network, and what the user must know before using its effects.
    /// </summary>
    private static void WriteCheck(IAnsiConsole console, MethodSummary method, RunSummary summary)
    {
        string title = MethodRegistry.Title(method.Name);
        if (method is { Agrees: true, Scale: double scale })
        {
            string exact = summary.RetrainedGroups is null && summary.Seconds.TryGetValue("train", out double training)
                ? $" For exact units: --calibrate 3, about {GroupCells.Number(3 * training)} s more."
                : "";
            console.WriteLine($"{title}: agrees with a retraining of the last block (correlation {CorrelationText.Of(method.Agreement)}); "
                + $"effects multiplied by {SignificantDigits.Of(scale)} to obtain real units.{exact}");
        }

        if (method.Part < 1)
            console.WriteLine($"{title}: followed {SignificantDigits.Of(method.Part)} of its update path; beyond that its models no "
                + $"longer fitted the groups that they keep.");
        foreach (string warning in method.Warnings)
            console.MarkupLineInterpolated($"[bold yellow]warning:[/] {title}: {warning}");
    }

    private static string SpeedUp(MethodSummary method)
        => method.SpeedUp is double speedUp && double.IsFinite(speedUp) ? SignificantDigits.Of(speedUp) + "×" : SignificantDigits.None;

    private static IEnumerable<string> Correlations(IReadOnlyDictionary<string, double> of)
        => Views.Select(view => CorrelationText.Of(of.TryGetValue(view, out double r) ? r : null));
}
