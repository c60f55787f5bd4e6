using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Metrics;

/// <summary>Random halves of the groups, for the <see cref="LinearDatamodelingScore"/>.</summary>
public static class HalfSubsets
{
    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x48414C56ul << 32;

    /// <summary>
    /// [<paramref name="count"/>][⌊G/2⌋]: the groups that each subset leaves out, ascending; all subsets are different. A larger number of
    /// subsets with the same seed starts with the same ones.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two groups, or fewer different halves.</exception>
    public static IReadOnlyList<int[]> Draw(int groups, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (Halves(groups) is long halves && count > halves)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"{groups} groups have only {halves} different halves.");
        var drawn = new List<int[]>();
        var known = new HashSet<string>();
        for (ulong draw = 0; drawn.Count < count; draw++)
        {
            int[] removed = [.. SeededOrder.Permutation(groups, seed, Stream + draw).Take(groups / 2).Order()];
            if (known.Add(string.Join(',', removed)))
                drawn.Add(removed);
        }

        return drawn;
    }

    /// <summary>The number of different halves, G over ⌊G/2⌋; null if it exceeds the range.</summary>
    public static long? Halves(int groups)
    {
        long ways = 1;
        for (int k = 1; k <= groups / 2; k++)
        {
            ways = ways * (groups - k + 1) / k;
            if (ways > int.MaxValue)
                return null;
        }

        return ways;
    }
}
