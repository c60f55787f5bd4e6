using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// The order in which groups are removed, by their effects. Groups with equal effects keep their order, so that a ranking is reproducible.
/// </summary>
public static class GroupRanking
{
    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x52414E4Bul << 32;

    /// <summary>[G]: the most helpful group first: the one whose presence lowers a loss, or raises any other objective, most.</summary>
    /// <param name="effects">[G]: F(with) − F(without).</param>
    /// <param name="lowerIsBetter">Whether F is a loss.</param>
    /// <exception cref="ArgumentException">An effect is not a number, and cannot be ranked.</exception>
    public static int[] MostHelpfulFirst(ReadOnlySpan<double> effects, bool lowerIsBetter)
    {
        double[] help = effects.ToArray();
        int unknown = Array.FindIndex(help, double.IsNaN);
        if (unknown >= 0)
            throw new ArgumentException($"The effect of group {unknown} is not a number; a ranking needs every effect.", nameof(effects));
        return [.. Enumerable.Range(0, help.Length).OrderBy(g => lowerIsBetter ? help[g] : -help[g])];
    }

    /// <summary>[G]: the most harmful group first; not the reverse of <see cref="MostHelpfulFirst"/> if there are equal effects.</summary>
    /// <param name="effects">[G]: F(with) − F(without).</param>
    /// <param name="lowerIsBetter">Whether F is a loss.</param>
    /// <exception cref="ArgumentException">An effect is not a number.</exception>
    public static int[] MostHarmfulFirst(ReadOnlySpan<double> effects, bool lowerIsBetter) => MostHelpfulFirst(effects, !lowerIsBetter);

    /// <summary>[G]: a random ranking, the baseline of every method.</summary>
    public static int[] Random(int groups, ulong seed, ulong draw = 0) => SeededOrder.Permutation(groups, seed, Stream + draw);

    /// <summary>The first groups of a ranking by percentage, at least one and never all, ascending.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is not above 0 and below 100 %.</exception>
    /// <exception cref="ArgumentException">There is only one group.</exception>
    public static int[] Top(ReadOnlySpan<int> ranking, double percent)
    {
        if (!(percent > 0 && percent < 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "Expected a share above 0 and below 100 %.");
        if (ranking.Length < 2)
            throw new ArgumentException($"{ranking.Length} groups: no training data would remain.", nameof(ranking));
        int count = Math.Clamp((int)Math.Floor(percent / 100 * ranking.Length + 0.5), 1, ranking.Length - 1);
        int[] top = ranking[..count].ToArray();
        Array.Sort(top);
        return top;
    }
}
