namespace DdmNative.Attribution.Runs;

/// <summary>How a run is carried out; none of it changes a result.</summary>
public sealed record RunSettings
{
    /// <summary>Models that are trained together along the ensemble axis in exact retraining; what a killed job loses at most.</summary>
    public int Wave { get; init; } = 8;

    /// <summary>What to compare exact retraining's speed with; null for nothing.</summary>
    public PyTorchBaseline? PyTorch { get; init; }
}
