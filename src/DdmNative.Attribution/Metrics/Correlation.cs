namespace DdmNative.Attribution.Metrics;

/// <summary>
/// How well one list of numbers agrees with another. NaN if a list does not vary, so that "undefined" cannot be mistaken for "no relation".
/// </summary>
public static class Correlation
{
    /// <summary>Pearson's r.</summary>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireSameLength(x, y);
        if (IsConstant(x) || IsConstant(y))
            return double.NaN;
        (double[] dx, double[] dy) = (Deviations(x), Deviations(y));
        (double xy, double xx, double yy) = (0, 0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            xy += dx[i] * dy[i];
            xx += dx[i] * dx[i];
            yy += dy[i] * dy[i];
        }

        return xy / Math.Sqrt(xx) / Math.Sqrt(yy);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks; equal values get the mean of their ranks.</summary>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireSameLength(x, y);

        // NaN has no rank; sorting would give it one.
        return HasNaN(x) || HasNaN(y) ? double.NaN : Pearson(Ranks(x), Ranks(y));
    }

    /// <summary>The s that minimises Σ(yᵢ − s·xᵢ)²: the factor from x to y through the origin.</summary>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double SlopeThroughOrigin(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireSameLength(x, y);
        (double xy, double xx) = (0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            xy += x[i] * y[i];
            xx += x[i] * x[i];
        }

        return xy / xx;
    }

    /// <summary>1 for the smallest value, up to n; equal values get the mean of their ranks.</summary>
    internal static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        var ranks = new double[order.Length];
        for (int first = 0, end; first < order.Length; first = end)
        {
            for (end = first + 1; end < order.Length && sorted[end].Equals(sorted[first]);)
                end++;
            for (int i = first; i < end; i++)
                ranks[order[i]] = (first + 1 + end) / 2.0;
        }

        return ranks;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }

    /// <summary>Deviations from the mean, divided by the largest, so that squares of tiny ones do not underflow.</summary>
    private static double[] Deviations(ReadOnlySpan<double> values)
    {
        double mean = Mean(values);
        double[] deviations = values.ToArray();
        double largest = 0;
        foreach (ref double value in deviations.AsSpan())
            largest = Math.Max(largest, Math.Abs(value -= mean));
        foreach (ref double value in deviations.AsSpan())
            value /= largest;
        return deviations;
    }

    private static bool IsConstant(ReadOnlySpan<double> values) => values.IndexOfAnyExcept(values.IsEmpty ? 0 : values[0]) < 0;

    private static bool HasNaN(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (double.IsNaN(value))
                return true;
        }

        return false;
    }

    private static void RequireSameLength(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} numbers cannot be compared with {y.Length}.", nameof(y));
    }
}
