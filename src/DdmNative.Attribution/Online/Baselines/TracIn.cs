using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online.Baselines;

/// <summary>
/// TracIn (Pruthi et al., NeurIPS 2020, Eq. 1 with checkpoints): what steps on the group's own gradient did to an objective, to first order. Between two checkpoints the learning rates are summed.
/// </summary>
public static class TracIn
{
    /// <summary>
    /// W[o, g] = −Σ_t η_t·(n_g/N)·⟨∇F_o(θ_t), ∇L(D_g; θ_t)⟩ [O, G]; negative means that the group lowers a loss.
    /// </summary>
    /// <param name="real">The training groups' gradients.</param>
    /// <param name="objectives">The objectives' gradients: test samples in place of training samples, an objective's own in place of a group's.</param>
    /// <param name="trajectory">The recorded checkpoints; each stands for the steps until the next one.</param>
    /// <param name="recipe">The target's training, for the learning rates.</param>
    public static double[,] Attribute(GroupGradients real, GroupGradients objectives, Trajectory trajectory, TrainingOptions recipe)
    {
        ArgumentNullException.ThrowIfNull(real);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(trajectory);
        ArgumentNullException.ThrowIfNull(recipe);
        int total = trajectory.TotalSteps;
        var effects = new double[objectives.GroupCount, real.GroupCount];
        for (int i = 0; i + 1 < trajectory.Checkpoints.Count; i++)
        {
            Checkpoint checkpoint = trajectory.Checkpoints[i];
            double rate = 0;
            for (int step = checkpoint.Step; step < trajectory.Checkpoints[i + 1].Step; step++)
                rate += CosineSchedule.At(step, total, recipe.LearningRate);
            Accumulate(effects, rate, objectives.At(checkpoint.Parameters), real.At(checkpoint.Parameters), real.Sizes);
        }
        return effects;
    }

    /// <summary>
    /// The total test loss as one more row: the mean of the classes' rows weighted with their test samples, since a gradient of a mean is the mean of gradients.
    /// </summary>
    public static double[,] WithTotal(double[,] perClass, IReadOnlyList<int> testSizes)
    {
        ArgumentNullException.ThrowIfNull(perClass);
        ArgumentNullException.ThrowIfNull(testSizes);
        (int classes, int groups) = (perClass.GetLength(0), perClass.GetLength(1));
        double count = testSizes.Sum();
        var effects = new double[classes + 1, groups];
        for (int g = 0; g < groups; g++)
        {
            for (int c = 0; c < classes; c++)
            {
                effects[c, g] = perClass[c, g];
                effects[classes, g] += perClass[c, g] * testSizes[c] / count;
            }
        }
        return effects;
    }

    private static void Accumulate(double[,] effects, double rate, float[] objectives, float[] groups, IReadOnlyList<int> sizes)
    {
        double count = sizes.Sum();
        int length = groups.Length / sizes.Count;
        for (int o = 0; o < effects.GetLength(0); o++)
        {
            ReadOnlySpan<float> objective = objectives.AsSpan(o * length, length);
            for (int g = 0; g < sizes.Count; g++)
            {
                ReadOnlySpan<float> group = groups.AsSpan(g * length, length);
                double dot = 0;
                for (int p = 0; p < length; p++)
                    dot += (double)objective[p] * group[p];
                effects[o, g] -= rate * sizes[g] / count * dot;
            }
        }
    }
}
