using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// How the top is trained on a <see cref="FeatureSynset"/>: by how many steps, each on how many of its samples. The learning rate is the
/// target's
/// schedule integrated over these steps, so that the distance walked is the target's own.
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

    /// <summary>Steps; null for as many as the target took.</summary>
    public int? Steps { get; init; }

    /// <summary>The target's recipe turned into one for S samples.</summary>
    /// <param name="recipe">The target's.</param>
    /// <param name="targetSteps">T of the target.</param>
    /// <param name="samples">S.</param>
    public TrainingOptions Apply(TrainingOptions recipe, int targetSteps, int samples)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        int steps = Steps ?? targetSteps;
        return recipe with { BatchSize = BatchSize ?? samples, Steps = steps, LearningRate = recipe.LearningRate * targetSteps / steps };
    }
}
