using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>Lines that several answers share.</summary>
internal static class Lines
{
    /// <summary>The target's accuracy and loss; nothing if there is no target yet.</summary>
    public static void WriteAccuracy(IAnsiConsole console, RunSummary summary)
    {
        if (summary.TestAccuracy is double accuracy)
            console.MarkupLineInterpolated(
                $"Test accuracy [bold]{FigureText.Of(accuracy, "P1")}[/], test loss {SignificantDigits.Of(summary.TestLoss)}.");
    }

    /// <summary>A command to run next.</summary>
    public static void WriteNext(IAnsiConsole console, string command, string purpose)
        => console.MarkupLineInterpolated($"Next: [bold]{command}[/]  ({purpose})");

    /// <summary>A file of the run, if it exists.</summary>
    public static void WriteFile(IAnsiConsole console, string title, string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (File.Exists(path))
            console.WriteLine($"{title}: {path}");
    }

    /// <summary>How long exact retraining took, in this run and by PyTorch; nothing if there was none.</summary>
    public static void WriteRetraining(IAnsiConsole console, RunSummary summary)
    {
        if (summary.RetrainingSeconds is double seconds)
            console.WriteLine($"Exact retraining: {Count(summary.RetrainedGroups ?? 0, "group")}, "
                + $"{Count(summary.RetrainedSeeds ?? 1, "seed")}; {SignificantDigits.Of(seconds)} s each, run together.");
        if (summary.PyTorchSeconds is double pyTorch)
            console.WriteLine($"PyTorch: {SignificantDigits.Of(pyTorch)} s for each retraining; ours are "
                + $"{SignificantDigits.Of(summary.SpeedUpOverPyTorch)} times faster.");
    }

    /// <summary>A number of things: "1 group", "12 groups".</summary>
    public static string Count(double number, string thing)
        => $"{number.ToString("0", CultureInfo.InvariantCulture)} {thing}{(number == 1 ? "" : "s")}";

    /// <summary>A word of a command line, in quotes if a shell would split or interpret it.</summary>
    public static string Quoted(string word)
        => word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '+' or ':' or ',' or '=' or '@' or '%')
            ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
