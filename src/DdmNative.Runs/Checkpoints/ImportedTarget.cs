using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Checkpoints;

/// <summary>A network that was trained elsewhere, checked against the data.</summary>
/// <param name="Parameters">θ_T, [P].</param>
/// <param name="Trajectory">Its recorded training, whose last checkpoint is the target; null if there is none.</param>
internal sealed record ImportedTarget(float[] Parameters, Trajectory? Trajectory)
{
    /// <summary>The hash of all parameters and steps: what the import depends on.</summary>
    public string Sha256 { get; } = Fingerprint.Of(
        [Parameters, .. (Trajectory?.Checkpoints ?? []).Select(checkpoint => checkpoint.Parameters)],
        [.. (Trajectory?.Checkpoints ?? []).Select(checkpoint => checkpoint.Step)]);
}
