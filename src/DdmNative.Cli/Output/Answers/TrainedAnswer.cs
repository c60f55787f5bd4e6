using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>The answers of <c>train</c> and <c>distill</c>: how good the network is, and what to run next.</summary>
internal static class TrainedAnswer
{
    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        Lines.WriteAccuracy(console, summary);
        Lines.WriteFile(console, "Network", summary.Run, "target.safetensors");
        WriteNext(console, summary);
    }

    /// <summary>The answer of <c>distill</c>.</summary>
    public static void WriteSynset(IAnsiConsole console, RunSummary summary)
    {
        Lines.WriteAccuracy(console, summary);
        Lines.WriteFile(console, "Synset", summary.Run, "synset.safetensors");
        WriteNext(console, summary);
    }

    private static void WriteNext(IAnsiConsole console, RunSummary summary)
    {
        if (summary.Methods.Count == 0)
            Lines.WriteNext(console, $"ddm attribute --run {Lines.Quoted(summary.Run)}", "which groups helped and harmed");
        else
            Lines.WriteFile(console, "Report", summary.Run, "report.html");
    }
}
