using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Jobs;

/// <summary>How the methods of <see cref="JobAttribution.Methods"/> are measured against the truth; what each metric is: docs/evaluation.md.</summary>
public sealed record JobEvaluation
{
    /// <summary>The names of <see cref="EvaluationMetrics"/>, each at most once.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = EvaluationMetrics.Names;

    /// <summary>How many seeds every retrained model's outcome is averaged over, the target's own first; two or more give a ceiling.</summary>
    public int Seeds { get; init; } = 2;

    /// <summary>Random halves of the groups that the linear datamodelling score is measured on.</summary>
    public int Subsets { get; init; } = 100;

    /// <summary>The shares of the groups, in percent, that are removed for the removal curves and to overturn predictions; ascending.</summary>
    public IReadOnlyList<double> Percent { get; init; } = [5, 10, 20, 40];

    /// <summary>Test samples, chosen by the seed, whose single predictions are looked at.</summary>
    public int Predictions { get; init; } = 10;

    /// <summary>The share of training images that get a wrong label, for the methods to find.</summary>
    public double LabelNoise { get; init; } = 0.1;

    /// <summary>Compares value by value: records hold lists by reference.</summary>
    public bool Equals(JobEvaluation? other)
        => other is not null && Metrics.SequenceEqual(other.Metrics) && Percent.SequenceEqual(other.Percent)
        && (Seeds, Subsets, Predictions, LabelNoise) == (other.Seeds, other.Subsets, other.Predictions, other.LabelNoise);

    public override int GetHashCode() => HashCode.Combine(string.Join('\n', Metrics), string.Join('\n', Percent), Seeds, Subsets, Predictions, LabelNoise);
}
