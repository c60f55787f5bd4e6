using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// The effects of two sides on one objective: of the same groups, or, if the groups differ, of the classes that all their groups add up to.
/// </summary>
/// <param name="First">The name of the first side.</param>
/// <param name="Second">The name of the second side.</param>
/// <param name="Objective">The first objective that both have.</param>
/// <param name="Parts">What the effects are of: <c>group</c> or <c>class</c>.</param>
/// <param name="Correlation">Pearson's correlation of the two sides' effects; null if there is none.</param>
/// <param name="Changes">The parts, the largest change first.</param>
public sealed record RunComparisonEffects(string First, string Second, string Objective, string Parts, double? Correlation,
    IReadOnlyList<RunComparisonChange> Changes)
{
    public const string Groups = "group", Classes = "class";

    /// <summary>Compares two sides; null if they have no parts or no objective in common.</summary>
    internal static RunComparisonEffects? Of(RunComparisonSide first, RunComparisonSide second)
    {
        if (first.Attribution is not AttributionFile a || second.Attribution is not AttributionFile b
            || a.Objectives.FirstOrDefault(b.Objectives.Contains) is not string objective || PartsOf(first, second) is not string parts)
            return null;
        double[] x = first.EffectsOn(objective), y = second.EffectsOn(objective);
        RunComparisonChange[] changes = parts == Groups
            ? [.. x.Select((effect, g) => new RunComparisonChange(a.Names?[g] ?? $"{g}", a.Classes[g], first.ClassName(a.Classes[g]),
                a.Sizes[g], effect, y[g]))]
            : [.. ByClass(a, x).Zip(ByClass(b, y)).Select(pair => new RunComparisonChange($"{pair.First.Class}", pair.First.Class,
                first.ClassName(pair.First.Class), pair.First.Size, pair.First.Effect, pair.Second.Effect))];
        double r = Attribution.Metrics.Correlation.Pearson([.. changes.Select(change => change.First)],
            [.. changes.Select(change => change.Second)]);
        return new RunComparisonEffects(first.Name, second.Name, objective, parts, double.IsFinite(r) ? r : null,
            [.. changes.OrderByDescending(change => Math.Abs(change.Change)).ThenBy(change => change.Name, StringComparer.Ordinal)]);
    }

    /// <summary>
    /// What the effects of two sides can be compared by: groups if every training image is in the same one, otherwise classes if they have
    /// the same ones; null if neither.
    /// </summary>
    internal static string? PartsOf(RunComparisonSide first, RunComparisonSide second)
    {
        if (first.Attribution is not AttributionFile a || second.Attribution is not AttributionFile b)
            return null;
        string granularity = first.Record.Job.Attribution.Granularity;
        if (granularity == second.Record.Job.Attribution.Granularity && first.Record.Data?.Sha256 == second.Record.Data?.Sha256
            && first.GroupOfSamples == second.GroupOfSamples && a.Sizes.SequenceEqual(b.Sizes))
            return Groups;
        return a.Classes.Concat(b.Classes).All(c => c >= 0) && a.Classes.Distinct().Order().SequenceEqual(b.Classes.Distinct().Order())
            ? Classes : null;
    }

    private static IEnumerable<(int Class, int Size, double Effect)> ByClass(AttributionFile file, double[] effects)
        => effects.Select((effect, g) => (Class: file.Classes[g], Size: file.Sizes[g], Effect: effect)).GroupBy(group => group.Class)
            .OrderBy(group => group.Key).Select(group => (group.Key, group.Sum(of => of.Size), group.Sum(of => of.Effect)));
}

/// <summary>The effect of a part of the training data on two sides.</summary>
/// <param name="Name">The user's name for the group, or the number of the group or class.</param>
/// <param name="Class">Its class; negative if it has several.</param>
/// <param name="ClassName">The name of its class; null if it is not known.</param>
/// <param name="Size">The number of its training images, on the first side.</param>
/// <param name="First">The first side's effect: F(with) − F(without).</param>
/// <param name="Second">The second side's.</param>
public sealed record RunComparisonChange(string Name, int Class, string? ClassName, int Size, double First, double Second)
{
    /// <summary>The second effect minus the first.</summary>
    public double Change => Second - First;
}
