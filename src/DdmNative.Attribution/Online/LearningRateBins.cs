namespace DdmNative.Attribution.Online;

/// <summary>
/// A shortened training schedule: the sum of its learning rates over an interval becomes one step's size, so that the short run has the
/// same total length.
/// </summary>
public static class LearningRateBins
{
    /// <summary>
    /// ∫ η over each of K equal parts of [<paramref name="from"/>, T], where η is constant during a step. Momentum is ignored, because both
    /// schedules use it.
    /// </summary>
    /// <param name="rates">η_t of steps 0 … T − 1.</param>
    /// <param name="from">The first step.</param>
    /// <param name="bins">K.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is empty, or there are no bins.</exception>
    public static float[] Equal(IReadOnlyList<float> rates, int from, int bins)
    {
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, rates.Count);
        double width = (double)(rates.Count - from) / bins;
        var sums = new float[bins];
        for (int bin = 0; bin < bins; bin++)
            sums[bin] = (float)Integral(rates, from + bin * width, from + (bin + 1) * width);
        return sums;
    }

    /// <summary>Σ η over the steps between neighbouring edges.</summary>
    public static float[] Between(IReadOnlyList<float> rates, IReadOnlyList<int> edges)
    {
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentNullException.ThrowIfNull(edges);
        var sums = new float[edges.Count - 1];
        for (int bin = 0; bin < sums.Length; bin++)
            sums[bin] = (float)Integral(rates, edges[bin], edges[bin + 1]);
        return sums;
    }

    private static double Integral(IReadOnlyList<float> rates, double from, double to)
    {
        double sum = 0;
        for (int step = (int)from; step < rates.Count && step < to; step++)
            sum += rates[step] * (Math.Min(to, step + 1) - Math.Max(from, step));
        return sum;
    }
}
