using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The noise of effects: the error over the evaluation samples (<see cref="SamplingErrors"/>) and the method's own error
/// (<see cref="ResidualErrors"/>) together, as independent errors. NaN where neither is known.
/// </summary>
internal static class EffectNoise
{
    /// <summary>An effect within so many times its noise of zero is called within noise: about 95 % of mere noise is.</summary>
    public const double Threshold = 2;

    /// <summary>Whether an effect cannot be told from zero; false if its noise is not known.</summary>
    public static bool Hides(double effect, double? noise) => noise is double known && Math.Abs(effect) < Threshold * known;

    /// <summary>The share of measured effects that lie within the threshold of the predicted ones; null where no noise is known.</summary>
    /// <param name="predicted">[O, R].</param>
    /// <param name="measured">[O, R].</param>
    /// <param name="noise">[O, R]: of the predicted effects.</param>
    public static double? Coverage(AttributionMatrix predicted, AttributionMatrix measured, AttributionMatrix noise)
    {
        (double[] effects, double[] exact, double[] errors) = (predicted.Flatten(), measured.Flatten(), noise.Flatten());
        int[] known = [.. Enumerable.Range(0, errors.Length).Where(i => double.IsFinite(errors[i]))];
        return known.Length == 0 ? null
            : known.Average(i => Math.Abs(effects[i] - exact[i]) <= Threshold * errors[i] ? 1.0 : 0);
    }

    /// <summary>The noise of every effect.</summary>
    /// <param name="objectives">[O].</param>
    /// <param name="classOf">[G]: the class of each column.</param>
    /// <param name="groups">[G]: the number of groups that each column removes; null for one each.</param>
    /// <param name="sampling">[O, G]: the errors over the evaluation samples; null where there are no models to compute them from.</param>
    /// <param name="method">The method's own errors; null where nothing measured exists.</param>
    public static AttributionMatrix Combine(IReadOnlyList<string> objectives, int[] classOf, int[]? groups, AttributionMatrix? sampling,
        ResidualErrors? method)
    {
        var noise = new double[objectives.Count, classOf.Length];
        for (int o = 0; o < objectives.Count; o++)
        {
            var objective = Objective.Parse(objectives[o]);
            for (int g = 0; g < classOf.Length; g++)
            {
                double ofSamples = sampling?[o, g] ?? double.NaN, ofMethod = method?.Of(objective, classOf[g], groups?[g] ?? 1)
                    ?? double.NaN;
                noise[o, g] = double.IsNaN(ofSamples) ? ofMethod : double.IsNaN(ofMethod) ? ofSamples
                    : Math.Sqrt(ofSamples * ofSamples + ofMethod * ofMethod);
            }
        }

        return new AttributionMatrix(objectives, noise);
    }
}
