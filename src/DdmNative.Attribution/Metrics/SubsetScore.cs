using System.Globalization;

namespace DdmNative.Attribution.Metrics;

/// <summary>
/// The <see cref="LinearDatamodelingScore"/> of predictions, the mean over several objectives, and its standard error by the jackknife over
/// the models: of few models it says how far the score can be trusted.
/// </summary>
/// <param name="Score">The mean of Spearman's ρ over the objectives for which it is defined; 0 if there are none.</param>
/// <param name="Error">One standard error.</param>
public sealed record SubsetScore(double Score, double Error)
{
    /// <summary>The score and its error, with two digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Score:0.00} ± {Error:0.00}");

    /// <summary>The score of predictions.</summary>
    /// <param name="predicted">[O][M]: the predicted objectives of every model, each up to a constant and a positive factor.</param>
    /// <param name="outcomes">[O][M]: the measured ones.</param>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static SubsetScore Of(double[][] predicted, double[][] outcomes)
        => Jackknife(outcomes, models => Mean(predicted, outcomes, models));

    /// <summary>By how much the score of some predictions exceeds that of others on the same models.</summary>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static SubsetScore Difference(double[][] predicted, double[][] others, double[][] outcomes)
        => Jackknife(outcomes, models => Mean(predicted, outcomes, models) - Mean(others, outcomes, models));

    private static SubsetScore Jackknife(double[][] outcomes, Func<int[], double> scoreOf)
    {
        int[] all = [.. Enumerable.Range(0, outcomes[0].Length)];
        double[] leftOut = [.. all.Select(one => scoreOf([.. all.Where(s => s != one)]))];
        double mean = leftOut.Average();
        return new SubsetScore(scoreOf(all),
            Math.Sqrt((all.Length - 1.0) / all.Length * leftOut.Sum(score => (score - mean) * (score - mean))));
    }

    private static double Mean(double[][] predicted, double[][] outcomes, int[] models)
    {
        double[] scores = [.. predicted.Zip(outcomes,
            (one, other) => Correlation.Spearman([.. models.Select(s => one[s])], [.. models.Select(s => other[s])]))
            .Where(double.IsFinite)];
        return scores.Length > 0 ? scores.Average() : 0;
    }
}
