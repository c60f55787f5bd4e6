using DdmNative.Attribution.Metrics;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// The subsets of a removal curve: the first groups of a ranking, for each percentage in turn. The larger subset contains the smaller one.
/// </summary>
public static class RemovalPlan
{
    /// <summary>The number of random orders that the baseline is averaged over.</summary>
    public const int RandomOrders = 3;

    /// <summary>[percent]: the groups that are removed, ascending.</summary>
    /// <param name="ranking">[G]: the first is removed first.</param>
    /// <param name="percent">The percentages.</param>
    public static int[][] Of(int[] ranking, IReadOnlyList<double> percent)
    {
        ArgumentNullException.ThrowIfNull(percent);
        return [.. percent.Select(share => GroupRanking.Top(ranking, share))];
    }

    /// <summary>[order][percent]: the same for random orders, the baseline of every method.</summary>
    public static int[][][] Random(int groups, IReadOnlyList<double> percent, ulong seed)
        => [.. Enumerable.Range(0, RandomOrders).Select(draw => Of(GroupRanking.Random(groups, seed, (ulong)draw), percent))];
}
