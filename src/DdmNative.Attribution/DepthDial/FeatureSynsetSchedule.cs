using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// The schedule for training the top layers on a <see cref="FeatureSynset"/>: the number of steps, and the samples of each step. The
/// learning rate is the target's schedule integrated over these steps, so that the total distance is the same as the target's.
/// </summary>
/// <remarks>
/// The defaults were the best of those tried on Fashion-MNIST (width 32, 50 groups, 16 cluster means each, one seed; correlation with
/// <c>block:1</c>, same / total):
/// 64 per step .956 / .922; 128 .950 / .918; 32 .947 / .911; 64 in half the steps .948 / .910; all in 126 steps .938 / .894, in 63 steps
/// .913 / .857.
/// </remarks>
public sealed record FeatureSynsetSchedule
{
    /// <summary>Samples per step, in seeded order; null for all of them in every step.</summary>
    public int? BatchSize { get; init; } = 64;

    /// <summary>Steps; null for as many as the target's training.</summary>
    public int? Steps { get; init; }

    /// <summary>Converts the target's training options into options for S samples.</summary>
    /// <param name="recipe">The target's options.</param>
    /// <param name="targetSteps">T of the target.</param>
    /// <param name="samples">S.</param>
    public TrainingOptions Apply(TrainingOptions recipe, int targetSteps, int samples)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        int steps = Steps ?? targetSteps;
        return recipe with { BatchSize = BatchSize ?? samples, Steps = steps, LearningRate = recipe.LearningRate * targetSteps / steps };
    }
}
