using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// Writes a run's results to standard output: one JSON object with everything, or for people the answer to what the verb was asked.
/// </summary>
internal static class ResultWriter
{
    // A pipe or a log has no width; with eighty columns the tables would lose columns.
    private const int WidthOfFile = 140;

    /// <param name="summary">The results.</param>
    /// <param name="json">Whether to write JSON.</param>
    /// <param name="answer">Writes the verb's answer.</param>
    public static void Write(RunSummary summary, bool json, Action<IAnsiConsole, RunSummary> answer)
    {
        if (json)
        {
            JsonResult.Write(summary);
            return;
        }

        IAnsiConsole console = OpenConsole();
        if (summary.Shard is ShardSummary shard)
            Answers.ShardAnswer.Write(console, shard);
        else
            answer(console, summary);
    }

    /// <summary>A console on standard output that is wide enough for tables.</summary>
    public static IAnsiConsole OpenConsole()
    {
        IAnsiConsole console = Terminal.OutputConsole();
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidthOfFile;
        return console;
    }
}
