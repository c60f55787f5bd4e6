using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// An objective in a sentence: <c>the test loss</c>, <c>the test accuracy of class Shirt</c>, <c>the margin of test image 17</c>.
/// </summary>
internal static class ObjectivePhrase
{
    private const int MostListed = 4;

    /// <summary>The phrase.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="classNames">The names of the classes, or null.</param>
    public static string Of(Objective objective, IReadOnlyList<string>? classNames)
    {
        string kind = objective.Kind switch
        {
            ObjectiveKind.Loss => "loss",
            ObjectiveKind.Accuracy => "accuracy",
            ObjectiveKind.Margin => "margin",
            _ => "logit",
        };
        if (objective.Samples is { Count: 1 } one)
            return $"the {kind} of test image {one[0]}";
        if (objective.Samples is not null)
            return $"the mean {kind} of test images {ShortList.Of(objective.Samples.Select(n => $"{n}"), MostListed)}";
        return objective.Class is int c ? $"the test {kind} of class {classNames?[c] ?? $"{c}"}" : $"the test {kind}";
    }
}
