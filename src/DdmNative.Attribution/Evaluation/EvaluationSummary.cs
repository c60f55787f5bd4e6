namespace DdmNative.Attribution.Evaluation;

/// <summary>What an evaluation found: a line per method, and what it cost.</summary>
public sealed record EvaluationSummary
{
    /// <summary>The metrics that are finished, by their names.</summary>
    public required IReadOnlyList<string> Metrics { get; init; }

    /// <summary>The methods, then the ceiling and the floors.</summary>
    public required IReadOnlyList<EvaluatedMethod> Methods { get; init; }

    /// <summary>Models that were retrained for it in the last run; the others were kept from before.</summary>
    public int Retrained { get; init; }

    /// <summary>Time of one retraining, in seconds, where any was done in the last run.</summary>
    public double? RetrainingSeconds { get; init; }
}

/// <summary>One line of an evaluation.</summary>
/// <param name="Name">The method, or what stands beside it: <c>ceiling</c>, <c>random order</c>, <c>own loss</c>.</param>
/// <param name="Figures">By name; docs/evaluation.md says what each is. What could not be formed is absent.</param>
/// <param name="OfflineSeconds">What the method needed once beforehand, beside the target: its synset, its frozen features. Null where the line is no method.</param>
/// <param name="OnlineSeconds">The time of all groups' effects.</param>
/// <param name="PeakBytes">The most resident memory of the process in the method's stages.</param>
public sealed record EvaluatedMethod(string Name, IReadOnlyDictionary<string, double> Figures, double? OfflineSeconds, double? OnlineSeconds, long? PeakBytes);
