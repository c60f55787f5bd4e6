using System.Globalization;
using DdmNative.Runs;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>Writes a run's plan to standard output: one JSON object, or text for people.</summary>
internal static class PlanWriter
{
    public static void Write(RunPlan plan, bool json)
    {
        if (json)
        {
            JsonResult.Write(plan);
            return;
        }

        IAnsiConsole console = Terminal.OutputConsole();
        if (Console.IsOutputRedirected)
            console.Profile.Width = 140;
        var table = new FittedTable("Stages", "stage", [new FittedColumn("what it does", 1), new FittedColumn("estimate", 0)]);
        foreach (PlannedStage stage in plan.Stages)
            table.Add(stage.Name, [stage.Title, stage.IsDone ? "done" : stage.Seconds is double seconds ? Duration(seconds) : "not known"]);
        table.Write(console);
        console.WriteLine($"About {Duration(plan.Seconds)} on this machine, from a short measurement; a busy machine takes longer.");
        if (plan.NotEstimated.Count > 0)
            console.WriteLine($"Not included, because their time cannot be estimated: {string.Join(", ", plan.NotEstimated)}.");
    }

    private static string Duration(double seconds) => seconds switch
    {
        < 0.5 => "0 s",
        < 90 => seconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        < 5400 => (seconds / 60).ToString("0.#", CultureInfo.InvariantCulture) + " min",
        _ => (seconds / 3600).ToString("0.#", CultureInfo.InvariantCulture) + " h",
    };
}
