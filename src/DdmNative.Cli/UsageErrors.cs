using CommandLine;
using CommandLine.Text;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli;

/// <summary>What is wrong with a command line, in few words: what was found, the nearest thing that there is, and where to read on.</summary>
internal static class UsageErrors
{
    /// <summary>A line per error, and one with where the help is.</summary>
    /// <param name="verb">The first argument, if any.</param>
    /// <param name="errors">The parser's.</param>
    public static string Explain(string? verb, IEnumerable<Error> errors)
    {
        VerbDescription? known = verb is null ? null : VerbDescription.Find(verb);
        var sentences = SentenceBuilder.Create();
        IEnumerable<string> lines = errors.Select(error => error switch
        {
            NoVerbSelectedError => "name a verb.",
            BadVerbSelectedError bad => UnknownVerb(bad.Token),
            UnknownOptionError unknown => $"there is no option '--{unknown.Token}'.{Suggestion(unknown.Token, known?.Options.Select(option => option.Name) ?? [], "--")}",
            _ => sentences.FormatError(error),
        });
        string prefix = known is null ? "ddm" : $"ddm {known.Name}";
        return string.Join('\n', [.. lines.Select(line => $"{prefix}: {line}"), $"`{prefix} --help` says what there is."]);
    }

    /// <summary>That there is no such verb, and which one may be meant.</summary>
    public static string UnknownVerb(string word) => $"there is no verb '{word}'.{Suggestion(word, VerbDescription.All.Select(verb => verb.Name), "")}";

    private static string Suggestion(string found, IEnumerable<string> candidates, string dashes) => NearestWord.Of(found, candidates) is string nearest ? $" Did you mean {dashes}{nearest}?" : "";
}
