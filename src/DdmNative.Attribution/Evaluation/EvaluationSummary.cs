namespace DdmNative.Attribution.Evaluation;

/// <summary>The results of an evaluation: a line per method, and the cost.</summary>
public sealed record EvaluationSummary
{
    /// <summary>The metrics that are finished, by their names.</summary>
    public required IReadOnlyList<string> Metrics { get; init; }

    /// <summary>The methods, then the ceiling and the baselines.</summary>
    public required IReadOnlyList<EvaluatedMethod> Methods { get; init; }

    /// <summary>The linear datamodelling scores, by what the subsets are, then by method; empty if they were not measured.</summary>
    public IReadOnlyList<LdsScore> Lds { get; init; } = [];

    /// <summary>The number of models retrained in the last run; the others were kept from before.</summary>
    public int Retrained { get; init; }

    /// <summary>The time of one retraining, in seconds, if there was any in the last run.</summary>
    public double? RetrainingSeconds { get; init; }
}

/// <summary>One line of an evaluation.</summary>
/// <param name="Name">The method, or a reference: <c>ceiling</c>, <c>random order</c>, <c>own loss</c>.</param>
/// <param name="Figures">The figures by name, described in docs/evaluation.md. Figures that could not be computed are absent.</param>
/// <param name="OfflineSeconds">The time for preparation, besides the target: its synset, its frozen features. Null if the line is not a
/// method, or one that has not run.</param>
/// <param name="OnlineSeconds">The time for the effects of all groups.</param>
/// <param name="PeakBytes">The peak resident memory of the process in the method's stages.</param>
public sealed record EvaluatedMethod(string Name, IReadOnlyDictionary<string, double> Figures, double? OfflineSeconds,
    double? OnlineSeconds, long? PeakBytes);
