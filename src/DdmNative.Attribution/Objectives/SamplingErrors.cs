using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Objectives;

/// <summary>
/// How much an effect would vary with other evaluation samples of the same kind: the standard error of the mean difference between the two
/// models, sample by sample. It is the limit of the bootstrap over the evaluation samples, and needs no random numbers.
/// </summary>
public static class SamplingErrors
{
    /// <summary>The standard errors of <see cref="AttributionMatrix.From"/>.</summary>
    /// <param name="logits">Models with and without.</param>
    /// <param name="labels">[M]: the evaluation samples' labels.</param>
    /// <param name="objectives">The rows.</param>
    /// <returns>[O, G]: in the objectives' units; NaN for an objective of a single sample.</returns>
    public static AttributionMatrix From(CounterfactualLogits logits, int[] labels, IReadOnlyList<Objective> objectives)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(objectives);
        var values = new double[objectives.Count, logits.Count];
        IReadOnlyList<int>[] samples = [.. objectives.Select(objective => objective.SamplesOf(labels))];
        foreach (ObjectiveKind kind in objectives.Select(objective => objective.Kind).Distinct())
        {
            int[] rows = [.. Enumerable.Range(0, objectives.Count).Where(o => objectives[o].Kind == kind)];
            double[] with = OfEach(objectives[rows[0]], logits.Reference, labels);
            Parallel.For(0, logits.Count, g =>
            {
                double[] difference = OfEach(objectives[rows[0]], logits.Model(g), labels);
                for (int m = 0; m < difference.Length; m++)
                    difference[m] = with[m] - difference[m];
                foreach (int o in rows)
                    values[o, g] = OfMean(difference, samples[o]);
            });
        }

        return new AttributionMatrix([.. objectives.Select(objective => objective.Name)], values);
    }

    /// <summary>[M]: the value of an objective's kind for each sample.</summary>
    private static double[] OfEach(Objective objective, ReadOnlySpan<float> logits, int[] labels)
    {
        int classes = logits.Length / labels.Length;
        var values = new double[labels.Length];
        for (int m = 0; m < values.Length; m++)
            values[m] = objective.OfSample(logits.Slice(m * classes, classes), labels[m]);
        return values;
    }

    /// <summary>The standard error of the mean over some samples; NaN for fewer than two.</summary>
    private static double OfMean(double[] values, IReadOnlyList<int> samples)
    {
        if (samples.Count < 2)
            return double.NaN;
        double mean = samples.Sum(m => values[m]) / samples.Count;
        double squares = samples.Sum(m => (values[m] - mean) * (values[m] - mean));
        return Math.Sqrt(squares / (samples.Count - 1) / samples.Count);
    }
}
