using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Jobs;

/// <summary>How the methods of <see cref="JobAttribution.Methods"/> are evaluated; docs/evaluation.md describes the metrics.</summary>
public sealed record JobEvaluation
{
    /// <summary>The names of <see cref="EvaluationMetrics"/>, each at most once.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = EvaluationMetrics.Names;

    /// <summary>
    /// The number of seeds that every retrained model's result is averaged over, the target's own first; two or more give a ceiling.
    /// </summary>
    public int Seeds { get; init; } = 2;

    /// <summary>Random halves of the groups for the linear datamodelling score.</summary>
    public int Subsets { get; init; } = 100;

    /// <summary>The percentages of the groups that are removed for the removal curves and to overturn predictions; ascending.</summary>
    public IReadOnlyList<double> Percent { get; init; } = [5, 10, 20, 40];

    /// <summary>The number of test samples, selected by the seed, whose single predictions are evaluated.</summary>
    public int Predictions { get; init; } = 10;

    /// <summary>The share of training images that get a wrong label, for the methods to detect.</summary>
    public double LabelNoise { get; init; } = 0.1;

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(JobEvaluation? other)
        => other is not null && Metrics.SequenceEqual(other.Metrics) && Percent.SequenceEqual(other.Percent)
        && (Seeds, Subsets, Predictions, LabelNoise) == (other.Seeds, other.Subsets, other.Predictions, other.LabelNoise);

    public override int GetHashCode()
        => HashCode.Combine(string.Join('\n', Metrics), string.Join('\n', Percent), Seeds, Subsets, Predictions, LabelNoise);
}
