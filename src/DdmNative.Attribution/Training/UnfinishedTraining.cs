namespace DdmNative.Attribution.Training;

/// <summary>The state of an interrupted training: everything that the rest of it depends on.</summary>
/// <param name="Steps">The number of finished steps.</param>
/// <param name="Parameters">θ after them, [P].</param>
/// <param name="Velocity">SGD's velocity after them, [P].</param>
/// <param name="Checkpoints">The checkpoints recorded so far.</param>
/// <param name="BatchLosses">[Steps]: the loss of each step's batch.</param>
public sealed record UnfinishedTraining(int Steps, float[] Parameters, float[] Velocity, IReadOnlyList<Checkpoint> Checkpoints,
    float[] BatchLosses);
