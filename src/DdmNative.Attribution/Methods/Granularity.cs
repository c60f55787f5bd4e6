using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Methods;

/// <summary>How fine the training set is cut into the matrix's columns.</summary>
public static class Granularity
{
    public const string Class = "class", Group = "group", Sample = "sample";

    /// <summary>All of them, coarse to fine.</summary>
    public static IReadOnlyList<string> Names { get; } = [Class, Group, Sample];

    /// <summary>The parts at a granularity: one for each class that has samples, the groups themselves, or one for each sample.</summary>
    /// <exception cref="ArgumentException">There is no such granularity.</exception>
    public static GroupTable PartsOf(string granularity, GroupTable groups, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(labels);
        switch (granularity)
        {
            case Group:
                return groups;
            case Class:
                int[] classes = [.. labels.Distinct().Order()];
                return new GroupTable([.. labels.Select(label => Array.IndexOf(classes, label))], classes, new int[classes.Length]);
            case Sample:
                return EachSample(labels);
            default:
                throw new ArgumentException($"There is no granularity '{granularity}'; choose {string.Join(", ", Names)}.",
                    nameof(granularity));
        }
    }

    /// <summary>A part for each sample.</summary>
    public static GroupTable EachSample(int[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var seen = new int[labels.Max() + 1];
        return new GroupTable([.. Enumerable.Range(0, labels.Length)], [.. labels], [.. labels.Select(label => seen[label]++)]);
    }
}
