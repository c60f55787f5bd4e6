using DdmNative.Attribution.Formats;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// Writes the effect of forgetting groups: accuracy and loss before and after, on the forgotten, the kept and the test images.
/// </summary>
internal static class UnlearnedTable
{
    private static readonly (string Name, string Title)[] Rows = [("forgotten", "training, forgotten"), ("kept", "training, kept"),
        ("test", "test")];

    /// <param name="console">The console to write to.</param>
    /// <param name="figures">The stage's figures; an older run may lack some.</param>
    public static void Write(IAnsiConsole console, IReadOnlyDictionary<string, double> figures)
    {
        Table table = new Table().Border(TableBorder.Simple).Title("Before and after forgetting").AddColumn("on");
        foreach (string heading in (string[])["images", "accuracy before", "after", "loss before", "after"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach ((string name, string title) in Rows)
            table.AddRow(title, Figure($"{name}_images", "0"), Figure($"{name}_accuracy_before", "P1"), Figure($"{name}_accuracy", "P1"),
                Figure($"{name}_loss_before", "0.000"), Figure($"{name}_loss", "0.000"));
        console.Write(table);

        string Figure(string name, string format) => figures.TryGetValue(name, out double value) ? FigureText.Of(value, format) : "–";
    }
}
