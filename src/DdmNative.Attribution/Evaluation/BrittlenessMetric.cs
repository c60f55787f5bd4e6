using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Counterfactual brittleness of single predictions: how often a right prediction turns wrong when the groups that a method says support it most are left out and the model is trained
/// again (Ilyas et al., "Datamodels", 2022, section 4.1: "data counterfactuals"). The more often with the less data, the better the method knows what the prediction rests on.
/// </summary>
/// <param name="Predictions">The (sample, seed) pairs whose prediction was right with everything: only those are looked at.</param>
/// <param name="Flipped">[percent]: the share of them that turned wrong; NaN where there was none to look at.</param>
/// <param name="MarginFall">[percent]: by how much the margin z_y − max z_other fell, on average.</param>
public sealed record BrittlenessMetric(int Predictions, double[] Flipped, double[] MarginFall)
{
    /// <summary>From margins with everything and without.</summary>
    /// <param name="reference">[P]: the margin of each (sample, seed) pair with everything; right where above zero.</param>
    /// <param name="without">[P][percent]: the margins after each removal.</param>
    /// <exception cref="ArgumentException">There are not as many pairs in both.</exception>
    public static BrittlenessMetric Of(IReadOnlyList<double> reference, IReadOnlyList<double[]> without)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(without);
        if (reference.Count != without.Count || without.Count == 0)
            throw new ArgumentException($"{reference.Count} margins with everything, {without.Count} without.", nameof(without));
        int[] right = [.. Enumerable.Range(0, reference.Count).Where(p => reference[p] > 0)];
        int shares = without[0].Length;
        double Mean(Func<int, double> of) => right.Length > 0 ? right.Average(of) : double.NaN;
        return new BrittlenessMetric(right.Length,
            [.. Enumerable.Range(0, shares).Select(k => Mean(p => without[p][k] > 0 ? 0 : 1))],
            [.. Enumerable.Range(0, shares).Select(k => Mean(p => reference[p] - without[p][k]))]);
    }

    /// <summary>The objective of one prediction: its margin, positive where it is right.</summary>
    public static Objective MarginOf(int sample) => new(ObjectiveKind.Margin, ofSamples: [sample]);
}
