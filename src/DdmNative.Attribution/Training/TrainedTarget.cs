namespace DdmNative.Attribution.Training;

/// <summary>A trained target network and its training record.</summary>
/// <param name="Trajectory">The recorded parameters, from θ_0 to θ_T.</param>
/// <param name="BatchLosses">[T]: the mean loss of each step's batch, before the step.</param>
public sealed record TrainedTarget(Trajectory Trajectory, float[] BatchLosses)
{
    /// <summary>θ_0.</summary>
    public float[] Initial => Trajectory.Checkpoints[0].Parameters;

    /// <summary>θ_T.</summary>
    public float[] Final => Trajectory.Checkpoints[^1].Parameters;
}
