using DdmNative.Attribution.Metrics;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// The subsets of a removal curve: a ranking's first so many percent of the groups, for each share in turn. The deeper share holds the shallower one, so that a curve is one road
/// out of the training set.
/// </summary>
public static class RemovalPlan
{
    /// <summary>How many random orders the floor is averaged over.</summary>
    public const int RandomOrders = 3;

    /// <summary>[percent]: the groups that are removed, ascending.</summary>
    /// <param name="ranking">[G]: first to be removed first.</param>
    /// <param name="percent">The shares.</param>
    public static int[][] Of(int[] ranking, IReadOnlyList<double> percent)
    {
        ArgumentNullException.ThrowIfNull(percent);
        return [.. percent.Select(share => GroupRanking.Top(ranking, share))];
    }

    /// <summary>[order][percent]: the same for random orders, which every method must beat.</summary>
    public static int[][][] Random(int groups, IReadOnlyList<double> percent, ulong seed)
        => [.. Enumerable.Range(0, RandomOrders).Select(draw => Of(GroupRanking.Random(groups, seed, (ulong)draw), percent))];
}
