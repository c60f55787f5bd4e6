namespace DdmNative.Attribution.Training;

/// <summary>What a training that was interrupted has come to, and all that its rest depends on.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="Parameters">θ after them, [P].</param>
/// <param name="Velocity">SGD's velocity after them, [P].</param>
/// <param name="Checkpoints">Those recorded so far.</param>
/// <param name="BatchLosses">[Steps]: the loss of each step's batch.</param>
public sealed record UnfinishedTraining(int Steps, float[] Parameters, float[] Velocity, IReadOnlyList<Checkpoint> Checkpoints, float[] BatchLosses);
