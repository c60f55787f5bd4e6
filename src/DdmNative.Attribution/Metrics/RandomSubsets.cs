using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Metrics;

/// <summary>Random subsets of the training set's parts, for the <see cref="LinearDatamodelingScore"/>.</summary>
public static class RandomSubsets
{
    /// <summary>The share of the parts that a subset keeps in most of the literature.</summary>
    public const double Half = 0.5;

    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x48414C56ul << 32;

    /// <summary>
    /// [<paramref name="count"/>][<see cref="RemovedOf"/>]: the parts that each subset leaves out, ascending; all subsets are different. A
    /// larger number of subsets with the same seed starts with the same ones.
    /// </summary>
    /// <param name="parts">G.</param>
    /// <param name="keep">The share of the parts that a subset keeps, above 0 and below 1.</param>
    /// <param name="count">The number of subsets.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="use">What the subsets are for.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two parts, or fewer different subsets.</exception>
    public static IReadOnlyList<int[]> Draw(int parts, double keep, int count, ulong seed, SubsetUse use = SubsetUse.HalvesOfGroups)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int left = RemovedOf(parts, keep);
        if (Different(parts, keep) is long different && count > different)
            throw new ArgumentOutOfRangeException(nameof(count), count,
                $"{parts} parts have only {different} different subsets of {parts - left}.");
        var drawn = new List<int[]>();
        var known = new HashSet<string>();
        ulong stream = Stream ^ ((ulong)use << 40);
        for (ulong draw = 0; drawn.Count < count; draw++)
        {
            int[] removed = [.. SeededOrder.Permutation(parts, seed, stream + draw).Take(left).Order()];
            if (known.Add(string.Join(',', removed)))
                drawn.Add(removed);
        }

        return drawn;
    }

    /// <summary>
    /// The number of parts that a subset leaves out: (1 − keep)·G, rounded to the nearest, a half downwards; from 1 to G − 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0 and below 1.</exception>
    public static int RemovedOf(int parts, double keep)
    {
        if (!(keep > 0 && keep < 1))
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "A subset keeps a share above 0 and below 1.");
        return Math.Clamp((int)Math.Ceiling((1 - keep) * parts - 0.5), 1, Math.Max(parts - 1, 1));
    }

    /// <summary>The share that subsets keep: the wanted one, or half where there are fewer different subsets of it.</summary>
    /// <param name="parts">G.</param>
    /// <param name="keep">The wanted share, above 0 and below 1.</param>
    /// <param name="count">The number of different subsets that are needed.</param>
    public static double KeepFor(int parts, double keep, int count) => Different(parts, keep) < count ? Half : keep;

    /// <summary>The number of different subsets, G over <see cref="RemovedOf"/>; null if it exceeds the range.</summary>
    public static long? Different(int parts, double keep)
    {
        int left = RemovedOf(parts, keep);
        long ways = 1;
        for (int k = 1; k <= Math.Min(left, parts - left); k++)
        {
            ways = ways * (parts - k + 1) / k;
            if (ways > int.MaxValue)
                return null;
        }

        return ways;
    }
}
