using DdmNative.Attribution.Methods;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>
/// The answer of <c>attribute</c>: what the training data did, in sentences; the totals of the user's own groups; the most helpful and the
/// most harmful groups; and the methods.
/// </summary>
internal static class AttributedAnswer
{
    private const string WithinNoise = "within noise";

    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        WriteEffects(console, summary);
        MethodTable.Write(console, summary);
        Lines.WriteRetraining(console, summary);
        Lines.WriteFile(console, "Report", summary.Run, "report.html");
        if (summary.RetrainedGroups is null)
            Lines.WriteNext(console, $"ddm validate --run {Lines.Quoted(summary.Run)} --count 10", "check the effects by retraining");
    }

    /// <summary>The sentences and the lists; only the accuracy if nothing was attributed.</summary>
    public static void WriteEffects(IAnsiConsole console, RunSummary summary)
    {
        foreach ((int i, string sentence) in summary.Answer.Index())
            console.MarkupLineInterpolated(i == 0 ? (FormattableString)$"[bold]{sentence}[/]" : $"{sentence}");
        Lines.WriteAccuracy(console, summary);
        if (summary.MostHelpful.Count + summary.MostHarmful.Count == 0)
            return;
        console.WriteLine();
        string lead = MethodRegistry.Title(summary.Lead ?? summary.Methods[0].Name);
        console.WriteLine($"Effect of each group on '{ObjectiveText.Of(summary)}' by {lead}: with the group minus without it."
            + (summary.LeadReason is string reason ? " " + reason : ""));
        WriteOwnGroups(console, summary);
        WriteGroups(console, "Most helpful", summary.MostHelpful);
        WriteGroups(console, "Most harmful (or least helpful)", summary.MostHarmful);
    }

    private static void WriteOwnGroups(IAnsiConsole console, RunSummary summary)
    {
        if (summary.OwnGroups.Count == 0)
            return;
        bool noise = summary.OwnGroups.Any(group => group.Noise is not null),
            within = summary.OwnGroups.Any(group => group.WithinNoise);
        FittedColumn[] columns = [new("images", 2), new("classes", 4), new("effect", 0), .. noise ? (FittedColumn[])[new("noise", 1)] : [],
            new("by", 5), .. within ? (FittedColumn[])[new("note", 3)] : []];
        var table = new FittedTable("Your groups, all classes together", "group", columns);
        foreach (OwnGroupEffect group in summary.OwnGroups)
            table.Add(group.Name,
                [GroupCells.Number(group.Size), GroupCells.Number(group.Classes), SignificantDigits.Signed(group.Effect),
                .. noise ? (string[])[SignificantDigits.Noise(group.Noise)] : [], group.By,
                .. within ? (string[])[group.WithinNoise ? WithinNoise : ""] : []]);
        table.Write(console);
    }

    private static void WriteGroups(IAnsiConsole console, string title, IReadOnlyList<GroupEffect> groups)
    {
        if (groups.Count == 0)
            return;
        bool noise = groups.Any(group => group.Noise is not null), within = groups.Any(group => group.WithinNoise),
            exact = groups.Any(group => group.Exact is not null);
        FittedColumn[] columns = [new("class", 3), new("cluster", 6), new("images", 5), new("effect", 0),
            .. noise ? (FittedColumn[])[new("noise", 2)] : [], .. exact ? (FittedColumn[])[new("exact", 1)] : [],
            .. within ? (FittedColumn[])[new("note", 4)] : []];
        var table = new FittedTable(title, "group", columns);
        foreach (GroupEffect group in groups)
            table.Add(GroupCells.NameOf(group),
                [GroupCells.ClassOf(group), GroupCells.Number(group.Cluster), GroupCells.Number(group.Size),
                SignificantDigits.Signed(group.Effect), .. noise ? (string[])[SignificantDigits.Noise(group.Noise)] : [],
                .. exact ? (string[])[SignificantDigits.Signed(group.Exact)] : [],
                .. within ? (string[])[group.WithinNoise ? WithinNoise : ""] : []]);
        table.Write(console);
    }
}
