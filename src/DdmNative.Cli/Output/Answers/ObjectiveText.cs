using System.Globalization;
using DdmNative.Runs.Summaries;

namespace DdmNative.Cli.Output.Answers;

/// <summary>The name of an objective for people: <c>loss:class=3 (Dress)</c> where the class has a known name.</summary>
internal static class ObjectiveText
{
    private const string ClassKey = "class=";

    public static string Of(RunSummary summary)
        => Of(summary.Objective ?? "", c => summary.MostHelpful.Concat(summary.MostHarmful)
            .FirstOrDefault(group => group.Class == c && group.ClassName is not null)?.ClassName);

    /// <param name="objective">The name in the job.</param>
    /// <param name="className">The name of a class; null if it is not known.</param>
    public static string Of(string objective, Func<int, string?> className)
    {
        int at = objective.IndexOf(ClassKey, StringComparison.Ordinal);
        return at >= 0 && int.TryParse(objective[(at + ClassKey.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out int c)
            && className(c) is string name ? $"{objective} ({name})" : objective;
    }
}
