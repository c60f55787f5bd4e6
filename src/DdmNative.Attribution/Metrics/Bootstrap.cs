using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// How uncertain a mean over a sample is: the percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
/// chapter 13).
/// </summary>
public static class Bootstrap
{
    /// <summary>The number of resamples.</summary>
    public const int Resamples = 1000;

    private const double Level = 0.95;

    /// <summary>
    /// The 95 % interval of the mean: the 2.5th and the 97.5th percentile, interpolated linearly, of the means of
    /// <see cref="Resamples"/> samples drawn with replacement. NaN with fewer than two values.
    /// </summary>
    /// <param name="values">The values, all finite.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="stream">Separates independent uses of one seed.</param>
    public static (double Low, double High) OfMean(IReadOnlyList<double> values, ulong seed, ulong stream = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count < 2)
            return (double.NaN, double.NaN);
        var random = new SeededOrder(seed, stream);
        var means = new double[Resamples];
        for (int b = 0; b < means.Length; b++)
        {
            double sum = 0;
            for (int i = 0; i < values.Count; i++)
                sum += values[random.Below(values.Count)];
            means[b] = sum / values.Count;
        }

        Array.Sort(means);
        return (Percentile(means, (1 - Level) / 2), Percentile(means, (1 + Level) / 2));
    }

    private static double Percentile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return sorted[below] + (place - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
    }
}
