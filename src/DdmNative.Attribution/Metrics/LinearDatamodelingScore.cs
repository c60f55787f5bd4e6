namespace DdmNative.Attribution.Metrics;

/// <summary>
/// The linear datamodelling score (Park et al., "TRAK", 2023, definition 2.3): how well the sum of the effects of the kept groups predicts
/// the order of models that were trained on random subsets.
/// </summary>
public static class LinearDatamodelingScore
{
    /// <summary>
    /// Spearman's ρ between Σ effects of the kept groups and the measured values. NaN if either does not vary over the subsets.
    /// </summary>
    /// <param name="effects">[G]: the effect of having each group, F(with) − F(without).</param>
    /// <param name="removed">[S]: the groups that each subset leaves out.</param>
    /// <param name="outcomes">[S]: F of the model trained on each subset.</param>
    /// <exception cref="ArgumentException">The numbers of outcomes and subsets differ, or a group is unknown or named twice.</exception>
    public static double Compute(ReadOnlySpan<double> effects, IReadOnlyList<int[]> removed, ReadOnlySpan<double> outcomes)
        => Correlation.Spearman(Predict(effects, removed), outcomes);

    /// <summary>[S]: the sum of the effects of the groups that each subset keeps, which predicts F up to a constant.</summary>
    /// <exception cref="ArgumentException">A group is unknown or named twice.</exception>
    public static double[] Predict(ReadOnlySpan<double> effects, IReadOnlyList<int[]> removed)
    {
        ArgumentNullException.ThrowIfNull(removed);
        var sums = new double[removed.Count];
        var kept = new bool[effects.Length];
        for (int s = 0; s < removed.Count; s++)
        {
            Array.Fill(kept, true);
            foreach (int group in removed[s])
            {
                if (group < 0 || group >= kept.Length || !kept[group])
                    throw new ArgumentException(
                        $"Subset {s} leaves out group {group}: expected groups from 0 to {kept.Length - 1}, each once.", nameof(removed));
                kept[group] = false;
            }

            for (int g = 0; g < kept.Length; g++)
                sums[s] += kept[g] ? effects[g] : 0;
        }

        return sums;
    }
}
