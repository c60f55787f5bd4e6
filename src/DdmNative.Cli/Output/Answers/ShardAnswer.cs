using System.Globalization;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>What a shard of a job has done, and what is left for the merge.</summary>
internal static class ShardAnswer
{
    public static void Write(IAnsiConsole console, ShardSummary shard)
    {
        var table = new FittedTable($"Shard {shard.Shard}: done", "stage", new FittedColumn("own", 0), new FittedColumn("of", 1));
        foreach (SharedStage stage in shard.Stages)
            table.Add(stage.Name, Count(stage.Own), Count(stage.Of));
        table.Write(console);
        console.WriteLine($"Left for ddm merge: {string.Join(", ", shard.Left)}.");
    }

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
}
