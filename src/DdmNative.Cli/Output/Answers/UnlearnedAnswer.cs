using DdmNative.Attribution.Formats;
using DdmNative.Runs;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>
/// The answer of <c>unlearn</c>: accuracy and loss before and after forgetting, on the forgotten, the kept and the test images, and the
/// file with the network.
/// </summary>
internal static class UnlearnedAnswer
{
    private static readonly (string Name, string Title)[] Rows = [("forgotten", "training, forgotten"), ("kept", "training, kept"),
        ("test", "test")];

    /// <param name="console">The console to write to.</param>
    /// <param name="summary">The results.</param>
    /// <param name="copy">The file that an option named for the network too; null for none.</param>
    public static void Write(IAnsiConsole console, RunSummary summary, string? copy)
    {
        if (summary.Unlearned is IReadOnlyDictionary<string, double> figures)
            WriteFigures(console, figures);
        Lines.WriteFile(console, "Network without them", summary.Run, Runner.UnlearnedFile);
        if (copy is not null)
            console.WriteLine($"Copy: {copy}");
    }

    /// <param name="console">The console to write to.</param>
    /// <param name="figures">The stage's figures; an older run may lack some.</param>
    public static void WriteFigures(IAnsiConsole console, IReadOnlyDictionary<string, double> figures)
    {
        if (figures.TryGetValue("forgotten_groups", out double groups) && figures.TryGetValue("forgotten_images", out double images))
            console.MarkupLineInterpolated($"[bold]Forgot {Lines.Count(groups, "group")} with {Lines.Count(images, "image")}.[/]");
        var table = new FittedTable("Before and after forgetting", "on", new("images", 4), new("accuracy before", 2), new("after", 0),
            new("loss before", 3), new("after", 1));
        foreach ((string name, string title) in Rows)
            table.Add(title, Figure($"{name}_images", "0"), Figure($"{name}_accuracy_before", "P1"), Figure($"{name}_accuracy", "P1"),
                Loss($"{name}_loss_before"), Loss($"{name}_loss"));
        table.Write(console);

        string Figure(string name, string format)
            => figures.TryGetValue(name, out double value) ? FigureText.Of(value, format) : SignificantDigits.None;
        string Loss(string name) => SignificantDigits.Of(figures.TryGetValue(name, out double value) ? value : null);
    }
}
