namespace DdmNative.Attribution.Formats;

/// <summary>
/// The group of every sample, and the class and cluster of every group: G groups, numbered from 0 without gaps, none empty, each within one
/// class; a user's groups of features may span several.
/// </summary>
public sealed class GroupTable
{
    /// <summary>The class of a group that spans several.</summary>
    public const int SeveralClasses = -1;

    private readonly Lazy<int[][]> _members;

    /// <param name="groupOf">[N]: the group of each sample, in the dataset's order.</param>
    /// <param name="classOf">[G]: the class of each group.</param>
    /// <param name="clusterOf">[G]: the number of each group within its class.</param>
    /// <param name="names">[G]: the user's names of the groups, or null if they are clusters.</param>
    /// <exception cref="ArgumentException">The lengths disagree, or a group is out of range or empty.</exception>
    public GroupTable(int[] groupOf, int[] classOf, int[] clusterOf, string[]? names = null)
    {
        ArgumentNullException.ThrowIfNull(groupOf);
        ArgumentNullException.ThrowIfNull(classOf);
        ArgumentNullException.ThrowIfNull(clusterOf);
        if (clusterOf.Length != classOf.Length || (names is not null && names.Length != classOf.Length))
            throw new ArgumentException(
                $"{classOf.Length} classes, {clusterOf.Length} clusters and {names?.Length} names are not one table of groups.");
        Sizes = new int[classOf.Length];
        foreach (int group in groupOf)
        {
            if (group < 0 || group >= classOf.Length)
                throw new ArgumentException($"Group {group} is not one of 0 to {classOf.Length - 1}.", nameof(groupOf));
            Sizes[group]++;
        }

        int empty = Array.IndexOf(Sizes, 0);
        if (empty >= 0)
            throw new ArgumentException($"Group {empty} has no sample.", nameof(groupOf));
        GroupOf = groupOf;
        ClassOf = classOf;
        ClusterOf = clusterOf;
        Names = names;
        _members = new Lazy<int[][]>(FindMembers);
    }

    /// <summary>G.</summary>
    public int Count => ClassOf.Length;

    /// <summary>[N]: the group of each sample, in the dataset's order.</summary>
    public int[] GroupOf { get; }

    /// <summary>[G]: the class of each group, or <see cref="SeveralClasses"/>.</summary>
    public int[] ClassOf { get; }

    /// <summary>[G]: the number of each group within its class.</summary>
    public int[] ClusterOf { get; }

    /// <summary>[G]: how many samples each group has.</summary>
    public int[] Sizes { get; }

    /// <summary>[G]: the user's names, or null if the groups are clusters.</summary>
    public string[]? Names { get; }

    /// <summary>The dataset positions of the samples of one group, ascending.</summary>
    public int[] Members(int group) => [.. _members.Value[group]];

    /// <summary>All groups' members in one pass: a pass for each group would take too long for many.</summary>
    private int[][] FindMembers()
    {
        int[][] members = [.. Sizes.Select(size => new int[size])];
        var filled = new int[Count];
        for (int n = 0; n < GroupOf.Length; n++)
            members[GroupOf[n]][filled[GroupOf[n]]++] = n;
        return members;
    }
}
