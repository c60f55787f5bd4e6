namespace DdmNative.Attribution.Training;

/// <summary>
/// The distance that training moves the parameters along a constant gradient of unit size: Σ η_t/(1 − μ), because with momentum μ each
/// gradient is applied 1 + μ + μ² + … times (with Nesterov's momentum 1 + μ times at once, then μ² + μ³ + … times). It is the time of the
/// gradient flow that the training follows, and so the right length for methods that replay a training: the same share of the steps has a
/// different length in every training.
/// </summary>
public static class ScheduleLength
{
    /// <summary>The length of the whole schedule.</summary>
    /// <param name="recipe">The training.</param>
    /// <param name="totalSteps">T.</param>
    public static double Total(TrainingOptions recipe, int totalSteps) => Between(recipe, totalSteps, 0, totalSteps);

    /// <summary>The length of the steps <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public static double Between(TrainingOptions recipe, int totalSteps, int from, int to)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        double sum = 0;
        for (int step = from; step < to; step++)
            sum += LearningRateSchedule.At(step, totalSteps, recipe);
        return sum / (1 - recipe.Momentum);
    }

    /// <summary>The step at which the last part of training of at least this length starts.</summary>
    /// <param name="recipe">The training.</param>
    /// <param name="totalSteps">T.</param>
    /// <param name="length">The length of the part; a shorter training is used completely.</param>
    /// <param name="earliest">The share of the steps before which the part does not start.</param>
    public static int StartOfLast(TrainingOptions recipe, int totalSteps, double length, double earliest = 0)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        double sum = 0;
        int step = totalSteps;
        while (step > 0 && sum < length)
            sum += LearningRateSchedule.At(--step, totalSteps, recipe) / (1.0 - recipe.Momentum);
        return Math.Max(step, Trajectory.StepAt(earliest, totalSteps));
    }
}
