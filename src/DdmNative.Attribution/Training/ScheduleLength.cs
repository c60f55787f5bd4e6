namespace DdmNative.Attribution.Training;

/// <summary>
/// How far training moves the parameters along a gradient of unit size that does not change: Σ η_t/(1 − μ), since with momentum μ each
/// gradient is followed 1 + μ + μ² + … times.
/// It is the time of the gradient flow that the training follows, and so what "how long" means for methods that replay a training: a share
/// of the steps is another length in every training.
/// </summary>
public static class ScheduleLength
{
    /// <summary>Of the whole schedule.</summary>
    /// <param name="recipe">The training.</param>
    /// <param name="totalSteps">T.</param>
    public static double Total(TrainingOptions recipe, int totalSteps) => Between(recipe, totalSteps, 0, totalSteps);

    /// <summary>Of the steps <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public static double Between(TrainingOptions recipe, int totalSteps, int from, int to)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        double sum = 0;
        for (int step = from; step < to; step++)
            sum += CosineSchedule.At(step, totalSteps, recipe.LearningRate);
        return sum / (1 - recipe.Momentum);
    }

    /// <summary>The step at which a last stretch of training of at least this length begins.</summary>
    /// <param name="recipe">The training.</param>
    /// <param name="totalSteps">T.</param>
    /// <param name="length">Of the stretch; a shorter training is all of it.</param>
    /// <param name="earliest">The share of the steps before which it does not begin all the same.</param>
    public static int StartOfLast(TrainingOptions recipe, int totalSteps, double length, double earliest = 0)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        double sum = 0;
        int step = totalSteps;
        while (step > 0 && sum < length)
            sum += CosineSchedule.At(--step, totalSteps, recipe.LearningRate) / (1.0 - recipe.Momentum);
        return Math.Max(step, Trajectory.StepAt(earliest, totalSteps));
    }
}
