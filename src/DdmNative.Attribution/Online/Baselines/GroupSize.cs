namespace DdmNative.Attribution.Online.Baselines;

/// <summary>Group size alone: what any method must beat. A group is said to help its own classes, and the total, by the number of its samples.</summary>
public static class GroupSize
{
    /// <summary>W [K + 1, G]: −(samples of class k in group g) for the classes' losses, −n_g for the total; negative helps.</summary>
    /// <exception cref="ArgumentException">Samples and groups differ in number.</exception>
    public static double[,] Attribute(IReadOnlyList<int> labels, IReadOnlyList<int> groups, int classes, int groupCount)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groups);
        if (labels.Count != groups.Count)
            throw new ArgumentException($"{labels.Count} samples have a class, {groups.Count} a group.", nameof(groups));
        var effects = new double[classes + 1, groupCount];
        for (int i = 0; i < labels.Count; i++)
        {
            if (groups[i] < 0)
                continue;
            effects[labels[i], groups[i]]--;
            effects[classes, groups[i]]--;
        }
        return effects;
    }
}
