using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>
/// The answer of <c>validate</c>: whether the predictions agree with exact retraining, each method's correlations, and the groups that were
/// retrained without, with both effects.
/// </summary>
internal static class ValidatedAnswer
{
    // Of two points the correlation is always 1 or −1.
    private const int FewestGroups = 3;
    private const double Agrees = 0.7, AgreesPartly = 0.3;
    private const int MostGroups = 20;

    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        RetrainedGroups? retrained = RetrainedGroups.Read(summary.Run);
        if (retrained is not null)
            WriteAgreement(console, summary, retrained);
        MethodTable.Write(console, summary);
        if (retrained is not null)
            WriteGroups(console, retrained);
        Lines.WriteRetraining(console, summary);
        Lines.WriteFile(console, "Report", summary.Run, "report.html");
    }

    /// <summary>A sentence for each method: whether it predicted the effects on the job's first objective.</summary>
    public static void WriteAgreement(IAnsiConsole console, RunSummary summary, RetrainedGroups retrained)
    {
        int lead = Math.Max(0, retrained.Methods.ToList().IndexOf(summary.Lead ?? ""));
        string sentence = SentenceOf(retrained, lead);
        if (retrained.Methods.Count > 1)
            sentence = $"{MethodRegistry.Title(retrained.Methods[lead])}: {sentence}";
        console.MarkupLineInterpolated($"[bold]{sentence}[/]");
        if (summary.Ceiling.TryGetValue("total", out double ceiling))
            console.WriteLine($"Two retrainings that differ only in the seed agree with a correlation of {CorrelationText.Of(ceiling)}.");
        if (summary.Methods.FirstOrDefault(method => method.Name == retrained.Methods[lead])?.Coverage is double coverage)
            console.WriteLine($"{FigureText.Of(coverage, "P0")} of the exact effects on all objectives lie within twice the noise that was "
                + "stated before they were known.");
    }

    /// <summary>"The predictions agree with retraining: correlation 0.93 over 12 groups."</summary>
    internal static string SentenceOf(RetrainedGroups retrained, int method)
    {
        int count = retrained.Groups.Count;
        if (count < FewestGroups)
            return $"{Lines.Count(count, "retrained group")}: too few to tell whether the predictions agree with retraining.";
        double r = Correlation.Pearson([.. retrained.Groups.Select(group => group.Predicted[method])],
            [.. retrained.Groups.Select(group => group.Exact)]);
        if (!double.IsFinite(r))
            return $"The predictions, or the exact effects, of the {Lines.Count(count, "group")} are all equal: there is no correlation.";
        string verb = r >= Agrees ? "agree" : r >= AgreesPartly ? "agree partly" : "do not agree";
        return $"The predictions {verb} with retraining: correlation {CorrelationText.Of(r)} over {Lines.Count(count, "group")}.";
    }

    /// <summary>The groups that were retrained without; of many, those with the largest exact effects.</summary>
    public static void WriteGroups(IAnsiConsole console, RetrainedGroups retrained)
    {
        bool noise = retrained.Groups.Any(group => group.ExactNoise is not null);
        FittedColumn[] columns = [new("class", 2), new("images", 3), new("exact", 0), .. noise ? (FittedColumn[])[new("noise", 3)] : [],
            .. retrained.Methods.Select((method, i) => new FittedColumn(method, i == 0 ? 1 : i + 3))];
        var table = new FittedTable($"Effect on '{retrained.Objective}': exact, and predicted by each method", "group", columns);
        HashSet<RetrainedGroup> shown = [.. retrained.Groups.OrderByDescending(group => Math.Abs(group.Exact)).Take(MostGroups)];
        foreach (RetrainedGroup group in retrained.Groups.Where(shown.Contains))
            table.Add(GroupCells.NameOf(group),
                [GroupCells.ClassOf(group), GroupCells.Number(group.Size), SignificantDigits.Signed(group.Exact),
                .. noise ? (string[])[SignificantDigits.Noise(group.ExactNoise)] : [],
                .. group.Predicted.Select(effect => SignificantDigits.Signed(effect))]);
        table.Write(console);
        if (shown.Count < retrained.Groups.Count)
            console.WriteLine($"The {MostGroups} largest of {retrained.Groups.Count}; validation.npz has all.");
    }
}
