namespace DdmNative.Attribution.Training;

/// <summary>
/// The target's training options: stochastic gradient descent with momentum, a learning rate that decreases to zero along a cosine, batches
/// in seeded order. The defaults are those of the Fashion-MNIST setting in docs/attribution-quality.md.
/// </summary>
/// <param name="LearningRate">η of the first step; see <see cref="CosineSchedule"/>.</param>
/// <param name="Momentum">μ in u ← μu + g; θ ← θ − ηu.</param>
/// <param name="BatchSize">Samples per step; the last batch of an epoch may be smaller.</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Seed">The seed of the initialisation and the batch order.</param>
public sealed record TrainingOptions(float LearningRate = 0.02f, float Momentum = 0.9f, int BatchSize = 64, int Epochs = 8, ulong Seed = 1)
{
    /// <summary>
    /// A fixed number of steps whatever the size of the set, instead of <see cref="Epochs"/>; the last epoch may then be incomplete.
    /// </summary>
    public int? Steps { get; init; }

    /// <summary>T: the steps of a training on <paramref name="samples"/> samples.</summary>
    public int TotalSteps(int samples) => Steps ?? Epochs * BatchOrder.StepsIn(samples, BatchSize);
}
