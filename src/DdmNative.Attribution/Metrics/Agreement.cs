namespace DdmNative.Attribution.Metrics;

/// <summary>How well predicted effects agree with exact ones. NaN if a list does not vary.</summary>
/// <param name="Pearson">Pearson's r: whether they are proportional up to a constant.</param>
/// <param name="Spearman">Spearman's ρ: whether their order is right.</param>
/// <param name="Slope">The factor from predicted to exact, through the origin: above 1 if predictions are too small.</param>
public sealed record Agreement(double Pearson, double Spearman, double Slope)
{
    /// <summary>Compares one list with another.</summary>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static Agreement Of(ReadOnlySpan<double> predicted, ReadOnlySpan<double> exact)
        => new(Correlation.Pearson(predicted, exact), Correlation.Spearman(predicted, exact),
            Correlation.SlopeThroughOrigin(predicted, exact));

    /// <summary>The mean of several, figure by figure.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Agreement Mean(IReadOnlyCollection<Agreement> several)
    {
        ArgumentNullException.ThrowIfNull(several);
        return several.Count > 0
            ? new Agreement(several.Average(a => a.Pearson), several.Average(a => a.Spearman), several.Average(a => a.Slope))
            : throw new ArgumentException("The mean of no agreements.", nameof(several));
    }

    /// <summary>
    /// How well repetitions of one measurement agree, which is the best that a prediction can be expected to reach: each against the mean
    /// of the others, averaged.
    /// </summary>
    /// <param name="repetitions">[R][N]: the same list, measured R times.</param>
    /// <exception cref="ArgumentException">There are fewer than two, or they have different lengths.</exception>
    public static Agreement Ceiling(IReadOnlyList<double[]> repetitions)
    {
        ArgumentNullException.ThrowIfNull(repetitions);
        if (repetitions.Count < 2)
            throw new ArgumentException($"A ceiling needs at least two repetitions; there are {repetitions.Count}.", nameof(repetitions));
        return Mean([.. repetitions.Select((one, r) => Of(one, MeanOf([.. repetitions.Where((_, other) => other != r)])))]);
    }

    /// <summary>[N]: element by element, the mean of several lists.</summary>
    /// <exception cref="ArgumentException">There is none, or they have different lengths.</exception>
    public static double[] MeanOf(IReadOnlyList<double[]> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        if (lists.Count == 0 || lists.Any(list => list.Length != lists[0].Length))
            throw new ArgumentException(
                $"No mean of {lists.Count} lists of {string.Join(", ", lists.Select(list => list.Length))} numbers.", nameof(lists));
        return [.. Enumerable.Range(0, lists[0].Length).Select(n => lists.Average(list => list[n]))];
    }
}
