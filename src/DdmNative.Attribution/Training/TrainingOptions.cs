using System.Text.Json.Serialization;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The target's training options: stochastic gradient descent with momentum, a learning rate that decreases to zero, batches in seeded
/// order. The defaults are those of the Fashion-MNIST setting in docs/attribution-quality.md: no weight decay, no label smoothing, no
/// augmentation.
/// </summary>
/// <param name="LearningRate">η, the highest learning rate; see <see cref="LearningRateSchedule"/>.</param>
/// <param name="Momentum">μ in u ← μu + g; θ ← θ − ηu.</param>
/// <param name="BatchSize">Samples per step; the last batch of an epoch may be smaller.</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Seed">The seed of the initialisation, the batch order and the augmentation.</param>
/// <remarks>
/// The options below are written to a fingerprint only if they are set, so that models that were trained before an option existed keep
/// their keys.
/// </remarks>
public sealed record TrainingOptions(float LearningRate = 0.02f, float Momentum = 0.9f, int BatchSize = 64, int Epochs = 8, ulong Seed = 1)
{
    /// <summary>
    /// A fixed number of steps whatever the size of the set, instead of <see cref="Epochs"/>; the last epoch may then be incomplete.
    /// </summary>
    public int? Steps { get; init; }

    /// <summary>λ in g ← g + λθ before the momentum, as in PyTorch's SGD, for all trained parameters; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public float WeightDecay { get; init; }

    /// <summary>Whether a step is g + μu instead of u (Nesterov's momentum in PyTorch's form).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Nesterov { get; init; }

    /// <summary>How the learning rate falls.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LearningRateShape Schedule { get; init; }

    /// <summary>
    /// The share of the steps, from 0 to below 1, in which the learning rate rises linearly from zero; null for the schedule's own: 0 for a
    /// cosine, <see cref="LearningRateSchedule.OneCycleWarmup"/> for one cycle.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public float? Warmup { get; init; }

    /// <summary>ε of the training loss's label vectors (<see cref="LabelVectors"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public float LabelSmoothing { get; init; }

    /// <summary>The most pixels by which an image is moved at random along each axis (<see cref="ImageMoves"/>); 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Crop { get; init; }

    /// <summary>Whether images are mirrored with probability ½ (<see cref="ImageMoves"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Flip { get; init; }

    /// <summary>T: the steps of a training on <paramref name="samples"/> samples.</summary>
    public int TotalSteps(int samples) => Steps ?? Epochs * BatchOrder.StepsIn(samples, BatchSize);
}
