using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// The rows that a job's objectives stand for: each in the format of <see cref="Objective.Parse"/>, and <c>loss:class</c> (or another kind)
/// for one row per class.
/// </summary>
internal static class JobObjectives
{
    private const string EveryClass = ":class";

    /// <summary>Why the text is not a valid objective, or null.</summary>
    public static string? Fault(string text)
    {
        try
        {
            _ = Parse(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>Whether the text is an objective without a gradient.</summary>
    public static bool IsFlat(string text) => Fault(text) is null && !Parse(text).HasGradient;

    /// <summary>Returns all rows, for evaluation samples with these labels.</summary>
    /// <exception cref="BadInputException">A class has no evaluation samples, or a sample does not exist.</exception>
    public static IReadOnlyList<Objective> Expand(IReadOnlyList<string> texts, int[] labels)
    {
        var objectives = new List<Objective>();
        for (int i = 0; i < texts.Count; i++)
        {
            (string text, string field) = (texts[i], $"attribution.objectives[{i}]");
            if (text.EndsWith(EveryClass, StringComparison.Ordinal))
            {
                ObjectiveKind kind = Parse(text).Kind;
                objectives.AddRange(labels.Distinct().Order().Select(c => new Objective(kind, c)));
                continue;
            }

            var objective = Objective.Parse(text);
            if (objective.Class is int single && !labels.Contains(single))
                throw BadInputException.OfJob(field, $"'{text}', but class {single} has no test image",
                    $"one of {string.Join(", ", labels.Distinct().Order())}", "Correct the objective.");
            if (objective.Samples?.FirstOrDefault(sample => sample >= labels.Length, -1) is int sample and not -1)
                throw BadInputException.OfJob(field, $"'{text}', test sample {sample}", $"0 to {labels.Length - 1}",
                    "Correct the objective.");
            objectives.Add(objective);
        }

        return [.. objectives.DistinctBy(objective => objective.Name)];
    }

    /// <summary>The objective that a text stands for, or the one that a row per class derives from.</summary>
    private static Objective Parse(string text)
        => Objective.Parse(text.EndsWith(EveryClass, StringComparison.Ordinal) ? text[..^EveryClass.Length] : text);
}
