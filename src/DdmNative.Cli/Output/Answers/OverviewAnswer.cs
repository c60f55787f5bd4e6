using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>
/// The answer of <c>compare</c> for runs that were not all validated: accuracy, the settings that differ, and how the effects changed.
/// </summary>
internal static class OverviewAnswer
{
    private const int MostChanges = 10;

    /// <summary>Prints the comparison: one JSON object, or text for people.</summary>
    public static void Print(RunComparisonOverview overview, bool json)
    {
        if (json)
            JsonResult.Write(overview);
        else
            Write(ResultWriter.OpenConsole(), overview);
    }

    /// <summary>The same as text.</summary>
    public static void Write(IAnsiConsole console, RunComparisonOverview overview)
    {
        foreach (RunComparisonEffects effects in overview.Effects)
            console.MarkupLineInterpolated($"[bold]{SentenceOf(effects)}[/]");
        WriteSides(console, overview.Sides);
        WriteSettings(console, overview);
        foreach (RunComparisonEffects effects in overview.Effects)
            WriteChanges(console, effects);
        if (overview.Sides.Count > 1 && overview.Effects.Count == 0)
            console.WriteLine("The effects cannot be compared: the runs have no attribution, or other groups, classes and objectives.");
    }

    /// <summary>"Effects of a and b on 'loss': correlation 0.93 over 20 groups."</summary>
    internal static string SentenceOf(RunComparisonEffects effects)
    {
        string parts = effects.Parts == RunComparisonEffects.Groups ? Lines.Count(effects.Changes.Count, "group")
            : $"{effects.Changes.Count} classes (their groups differ)";
        return $"Effects of {effects.First} and {effects.Second} on '{effects.Objective}': correlation "
            + $"{CorrelationText.Of(effects.Correlation)} over {parts}.";
    }

    private static void WriteSides(IAnsiConsole console, IReadOnlyList<RunComparisonSide> sides)
    {
        var table = new FittedTable("Runs", "run", new("test accuracy", 0), new("test loss", 1), new("images", 3), new("groups", 4),
            new("method", 2));
        foreach (RunComparisonSide side in sides)
            table.Add(side.Name, side.TestAccuracy is double accuracy ? FigureText.Of(accuracy, "P1") : SignificantDigits.None,
                SignificantDigits.Of(side.TestLoss), Count(side.Images), Count(side.Groups),
                side.Method is null ? SignificantDigits.None : MethodRegistry.Title(side.Method));
        table.Write(console);
    }

    private static void WriteSettings(IAnsiConsole console, RunComparisonOverview overview)
    {
        if (overview.Settings.Count == 0)
            return;
        var table = new FittedTable("Settings that differ", "setting",
            [.. overview.Sides.Select((side, i) => new FittedColumn(side.Name, i))]);
        foreach (RunComparisonSetting setting in overview.Settings)
            table.Add(setting.Field, setting.Values.Select(Shortened));
        table.Write(console);
    }

    private static void WriteChanges(IAnsiConsole console, RunComparisonEffects effects)
    {
        bool groups = effects.Parts == RunComparisonEffects.Groups;
        FittedColumn[] columns = [.. groups ? (FittedColumn[])[new("class", 3)] : [], new("images", 4), new(effects.First, 1),
            new(effects.Second, 2), new("change", 0)];
        var table = new FittedTable($"Largest changes of the effect on '{effects.Objective}'", effects.Parts, columns);
        foreach (RunComparisonChange change in effects.Changes.Take(MostChanges))
            table.Add(groups ? change.Name : change.ClassName ?? change.Name,
                [.. groups ? (string[])[change.ClassName ?? (change.Class < 0 ? "several" : Count(change.Class))] : [], Count(change.Size),
                SignificantDigits.Signed(change.First), SignificantDigits.Signed(change.Second), SignificantDigits.Signed(change.Change)]);
        table.Write(console);
    }

    private static string Count(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? SignificantDigits.None;

    /// <summary>Hashes and lists of many methods would leave no room.</summary>
    private static string Shortened(string value) => ProgressLine.Shortened(value, 40);
}
