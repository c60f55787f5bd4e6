using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online.Baselines;

/// <summary>
/// TracIn (Pruthi et al., NeurIPS 2020, Eq. 1 with checkpoints): the first-order effect of steps along the group's own gradient on an
/// objective. Between two checkpoints the learning rates are summed.
/// </summary>
public static class TracIn
{
    /// <summary>
    /// W[o, g] = −Σ_t η_t·(n_g/N)·⟨∇F_o(θ_t), ∇L(D_g; θ_t)⟩ [1 + K, G] for the total test loss and every class's, as in <see
    /// cref="Objective.Defaults"/>; negative means that the group helps. The total is the classes' mean weighted by their test samples, as
    /// for its gradient.
    /// </summary>
    /// <param name="real">The training groups' gradients.</param>
    /// <param name="test">The test samples' gradients by class: one group for each of <paramref name="classes"/>.</param>
    /// <param name="classes">The classes that have test samples, ascending.</param>
    /// <param name="trajectory">The recorded checkpoints; each represents the steps since the one before it, so that the untrained
    /// network's large gradients are not used.</param>
    /// <param name="recipe">The target's training, for the learning rates.</param>
    /// <exception cref="ArgumentException">The test gradients are not one per class.</exception>
    public static AttributionMatrix Attribute(GroupGradients real, GroupGradients test, IReadOnlyList<int> classes, Trajectory trajectory,
        TrainingOptions recipe)
    {
        ArgumentNullException.ThrowIfNull(real);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(trajectory);
        ArgumentNullException.ThrowIfNull(recipe);
        if (test.GroupCount != classes.Count)
            throw new ArgumentException($"The test samples form {test.GroupCount} groups, not {classes.Count} classes.", nameof(test));
        int total = trajectory.TotalSteps;
        var effects = new double[1 + classes.Count, real.GroupCount];
        for (int i = 1; i < trajectory.Checkpoints.Count; i++)
        {
            Checkpoint checkpoint = trajectory.Checkpoints[i];
            double rate = 0;
            for (int step = trajectory.Checkpoints[i - 1].Step; step < checkpoint.Step; step++)
                rate += CosineSchedule.At(step, total, recipe.LearningRate);
            Accumulate(effects, rate, test.At(checkpoint.Parameters), real.At(checkpoint.Parameters), real.Sizes);
        }
        AddTotal(effects, test.Sizes);
        return new AttributionMatrix(
            [new Objective(ObjectiveKind.Loss).Name, .. classes.Select(c => new Objective(ObjectiveKind.Loss, c).Name)], effects);
    }

    private static void Accumulate(double[,] effects, double rate, float[] objectives, float[] groups, IReadOnlyList<int> sizes)
    {
        double count = sizes.Sum();
        int length = groups.Length / sizes.Count;
        for (int o = 0; o + 1 < effects.GetLength(0); o++)
        {
            ReadOnlySpan<float> objective = objectives.AsSpan(o * length, length);
            for (int g = 0; g < sizes.Count; g++)
            {
                ReadOnlySpan<float> group = groups.AsSpan(g * length, length);
                double dot = 0;
                for (int p = 0; p < length; p++)
                    dot += (double)objective[p] * group[p];
                effects[1 + o, g] -= rate * sizes[g] / count * dot;
            }
        }
    }

    private static void AddTotal(double[,] effects, IReadOnlyList<int> testSizes)
    {
        double count = testSizes.Sum();
        for (int g = 0; g < effects.GetLength(1); g++)
        {
            for (int c = 0; c < testSizes.Count; c++)
                effects[0, g] += effects[1 + c, g] * testSizes[c] / count;
        }
    }
}
