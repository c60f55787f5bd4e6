using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Online;

/// <summary>Random sets of groups to remove together, for <see cref="MaskRegression"/>.</summary>
public static class RandomMasks
{
    /// <summary>
    /// Each of <paramref name="count"/> masks removes every group with probability <paramref name="probability"/>, independently. About .06
    /// works (p = .25 removes so much that effects are no longer additive). An empty mask, which gives no information, is replaced by one
    /// group drawn uniformly.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not in (0, 1).</exception>
    public static IReadOnlyList<int[]> Draw(int groups, int count, ulong seed, double probability = 0.06)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(probability, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        var masks = new int[count][];
        for (int mask = 0; mask < count; mask++)
        {
            ulong first = (ulong)mask * ((ulong)groups + 1);
            int[] removed = [.. Enumerable.Range(0, groups).Where(group => Philox.Uniform(seed, 0, first + (ulong)group) < probability)];
            masks[mask] = removed.Length > 0 ? removed : [(int)(Philox.Uniform(seed, 0, first + (ulong)groups) * groups)];
        }
        return masks;
    }
}
