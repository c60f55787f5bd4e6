using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Counterfactual brittleness of single predictions: how often a correct prediction becomes wrong when the groups that support it most
/// according to a method are left out and the model is retrained (Ilyas et al., "Datamodels", 2022, section 4.1: "data counterfactuals").
/// The more often this happens with less data removed, the better the method knows what the prediction depends on.
/// </summary>
/// <param name="Predictions">The number of (sample, seed) pairs whose prediction was correct with all groups: only those are used.</param>
/// <param name="Flipped">[percent]: the share of them that became wrong; NaN if there were none.</param>
/// <param name="MarginFall">[percent]: the average decrease of the margin z_y − max z_other.</param>
public sealed record BrittlenessMetric(int Predictions, double[] Flipped, double[] MarginFall)
{
    /// <summary>Computes the metric from margins with all groups and without some.</summary>
    /// <param name="reference">[P]: the margin of each (sample, seed) pair with all groups; correct if positive.</param>
    /// <param name="without">[P][percent]: the margins after each removal.</param>
    /// <exception cref="ArgumentException">The numbers of pairs differ.</exception>
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

    /// <summary>The objective for one prediction: its margin, positive if it is correct.</summary>
    public static Objective MarginOf(int sample) => new(ObjectiveKind.Margin, ofSamples: [sample]);
}
