namespace DdmNative.Attribution.Metrics;

/// <summary>
/// How well a score detects the marked elements, the highest score first. Equal scores are one step of the threshold: no order among them
/// is assumed. NaN if detection is undefined (no element is marked, or all are) or a score is not a number.
/// </summary>
public static class Detection
{
    /// <summary>
    /// The area under the receiver operating characteristic: the probability that a marked element scores higher than another, with equal
    /// scores counted as one half (Mann and Whitney's U over n₊n₋). 1 is perfect, ½ is chance.
    /// </summary>
    /// <param name="scores">[N].</param>
    /// <param name="marked">[N].</param>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double Auroc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> marked)
    {
        long positives = Positives(scores, marked);
        if (positives < 0)
            return double.NaN;
        double[] ranks = Correlation.Ranks(scores);
        double sum = 0;
        for (int n = 0; n < ranks.Length; n++)
        {
            if (marked[n])
                sum += ranks[n];
        }

        return (sum - positives * (positives + 1) / 2.0) / ((double)positives * (scores.Length - positives));
    }

    /// <summary>
    /// The area under precision over recall as a sum of steps, Σ (Rₖ − Rₖ₋₁) Pₖ over the distinct scores from the highest down. 1 is
    /// perfect; chance is the share of marked elements.
    /// </summary>
    /// <param name="scores">[N].</param>
    /// <param name="marked">[N].</param>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<bool> marked)
    {
        long positives = Positives(scores, marked);
        if (positives < 0)
            return double.NaN;
        double[] sorted = scores.ToArray();
        bool[] of = marked.ToArray();
        Array.Sort(sorted, of);
        double area = 0;
        long found = 0;
        for (int last = sorted.Length - 1, first; last >= 0; last = first - 1)
        {
            long before = found;
            for (first = last; ; first--)
            {
                found += of[first] ? 1 : 0;
                if (first == 0 || !sorted[first - 1].Equals(sorted[last]))
                    break;
            }

            area += (double)(found - before) / positives * found / (sorted.Length - first);
        }

        return area;
    }

    /// <summary>The number of marked elements; −1 if detection is undefined.</summary>
    private static long Positives(ReadOnlySpan<double> scores, ReadOnlySpan<bool> marked)
    {
        if (scores.Length != marked.Length)
            throw new ArgumentException($"{scores.Length} scores are not those of {marked.Length} marks.", nameof(marked));
        int positives = marked.Count(true);
        if (positives == 0 || positives == marked.Length)
            return -1;
        foreach (double score in scores)
        {
            if (double.IsNaN(score))
                return -1;
        }

        return positives;
    }
}
