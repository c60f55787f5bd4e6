using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Jobs;

/// <summary>How the methods of <see cref="JobAttribution.Methods"/> are evaluated; docs/evaluation.md describes the metrics.</summary>
public sealed record JobEvaluation
{
    /// <summary>The values of <see cref="PredictionObjective"/>.</summary>
    public const string Margin = "margin", Loss = "loss";

    /// <summary>The names of <see cref="EvaluationMetrics"/>, each at most once.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = EvaluationMetrics.Names;

    /// <summary>
    /// The number of seeds that every retrained model's result is averaged over, the target's own first; two or more give a ceiling.
    /// </summary>
    public int Seeds { get; init; } = 2;

    /// <summary>
    /// Random subsets for the linear datamodelling score, as many for each of <see cref="SubsetsOf"/> and <see cref="Keep"/>.
    /// </summary>
    public int Subsets { get; init; } = 100;

    /// <summary>What these subsets consist of: any of <see cref="SubsetSetting.Words"/>, each at most once.</summary>
    public IReadOnlyList<string> SubsetsOf { get; init; } = [SubsetSetting.Groups];

    /// <summary>The shares of the groups or samples that they keep, each above 0 and below 1, each at most once.</summary>
    public IReadOnlyList<double> Keep { get; init; } = [RandomSubsets.Half];

    /// <summary>
    /// What the linear datamodelling score measures of a single prediction: <see cref="Margin"/> or <see cref="Loss"/>.
    /// </summary>
    public string PredictionObjective { get; init; } = Margin;

    /// <summary>The percentages of the groups that are removed for the removal curves and to overturn predictions; ascending.</summary>
    public IReadOnlyList<double> Percent { get; init; } = [5, 10, 20, 40];

    /// <summary>The number of test samples, selected by the seed, whose single predictions are evaluated.</summary>
    public int Predictions { get; init; } = 10;

    /// <summary>The share of training images that get a wrong label, for the methods to detect.</summary>
    public double LabelNoise { get; init; } = 0.1;

    /// <summary>Every kind of random subset: the shares of groups, the shares of samples, in the job's order.</summary>
    internal IReadOnlyList<SubsetSetting> Settings
        => [.. SubsetsOf.SelectMany(of => Keep.Select(keep => new SubsetSetting(of, keep)))];

    /// <summary>Whether models are retrained on random subsets of groups or samples: <c>groups</c> or <c>samples</c>.</summary>
    internal bool HasSubsetsOf(string word) => Metrics.Contains(EvaluationMetrics.LinearDatamodeling) && SubsetsOf.Contains(word);

    /// <summary>
    /// Whether the job asks about single samples only, so that the effects of groups are not needed: no metric removes groups.
    /// </summary>
    internal bool IsOfSamplesOnly => !SubsetsOf.Contains(SubsetSetting.Groups)
        && Metrics.All(metric => metric is EvaluationMetrics.LinearDatamodeling or EvaluationMetrics.Mislabel);

    /// <summary>The objective that the linear datamodelling score measures of a test sample's prediction.</summary>
    internal Objective ObjectiveOf(int sample)
        => new(PredictionObjective == Loss ? ObjectiveKind.Loss : ObjectiveKind.Margin, ofSamples: [sample]);

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(JobEvaluation? other)
        => other is not null && Metrics.SequenceEqual(other.Metrics) && Percent.SequenceEqual(other.Percent)
        && SubsetsOf.SequenceEqual(other.SubsetsOf) && Keep.SequenceEqual(other.Keep)
        && (Seeds, Subsets, PredictionObjective, Predictions, LabelNoise)
            == (other.Seeds, other.Subsets, other.PredictionObjective, other.Predictions, other.LabelNoise);

    public override int GetHashCode()
        => HashCode.Combine(string.Join('\n', Metrics), string.Join('\n', Percent), Seeds, Subsets, string.Join('\n', SubsetsOf),
            string.Join('\n', Keep), Predictions, LabelNoise);
}
