using DdmNative.Attribution.Formats;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli;

/// <summary>What is wrong with a command line, in few words: what was found, the nearest thing that there is, and where to read on.</summary>
internal static class UsageErrors
{
    /// <summary>A line per fault, and one with where the help is.</summary>
    /// <param name="verb">The first argument, if any.</param>
    /// <param name="faults">A sentence each (<see cref="CommandLineReader"/>).</param>
    public static string Explain(string? verb, IEnumerable<string> faults)
    {
        VerbDescription? known = verb is null ? null : VerbDescription.Find(verb);
        string prefix = known is null ? "ddm" : $"ddm {known.Name}";
        return string.Join('\n', [.. faults.Select(fault => $"{prefix}: {Printable.Of(fault)}"), $"`{prefix} --help` says what there is."]);
    }

    /// <summary>That there is no such verb, and which one may be meant.</summary>
    public static string UnknownVerb(string word) => $"there is no verb '{word}'.{Suggestion(word, VerbDescription.All.Select(verb => verb.Name), "")}";

    /// <summary>A sentence with what somebody may have meant, a space before it; empty where nothing is near.</summary>
    public static string Suggestion(string found, IEnumerable<string> candidates, string dashes)
        => NearestWord.Of(found, candidates) is string nearest ? $" Did you mean {dashes}{nearest}?" : "";
}
