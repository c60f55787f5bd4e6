using DdmNative.Attribution.Formats;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli;

/// <summary>Describes the errors of a command line briefly: what was found, the nearest existing name, and where to find help.</summary>
internal static class UsageErrors
{
    /// <summary>Returns a line per error, and one that points to the help.</summary>
    /// <param name="verb">The first argument, if any.</param>
    /// <param name="faults">One sentence per error (<see cref="CommandLineReader"/>).</param>
    public static string Explain(string? verb, IEnumerable<string> faults)
    {
        VerbDescription? known = verb is null ? null : VerbDescription.Find(verb);
        string prefix = known is null ? "ddm" : $"ddm {known.Name}";
        return string.Join('\n',
            [.. faults.Select(fault => $"{prefix}: {Printable.Of(fault)}"), $"`{prefix} --help` describes the usage."]);
    }

    /// <summary>Reports an unknown verb, and suggests a similar one.</summary>
    public static string UnknownVerb(string word)
        => $"there is no verb '{word}'.{Suggestion(word, VerbDescription.All.Select(verb => verb.Name), "")}";

    /// <summary>Returns a sentence that suggests a similar name, with a leading space; empty if no name is similar.</summary>
    public static string Suggestion(string found, IEnumerable<string> candidates, string dashes)
        => NearestWord.Of(found, candidates) is string nearest ? $" Did you mean {dashes}{nearest}?" : "";
}
