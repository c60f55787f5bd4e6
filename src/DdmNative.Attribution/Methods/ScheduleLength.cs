using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>How far a schedule moves the parameters along a gradient of unit size that does not change: Σ η_t/(1 − μ), since with momentum μ each gradient is followed 1 + μ + μ² + … times.</summary>
internal static class ScheduleLength
{
    /// <summary>Of the whole schedule.</summary>
    public static double Of(TrainingOptions recipe, int samples) => Between(recipe, samples, 0, recipe.TotalSteps(samples));

    /// <summary>Of the steps <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public static double Between(TrainingOptions recipe, int samples, int from, int to)
    {
        int total = recipe.TotalSteps(samples);
        double sum = 0;
        for (int step = from; step < to; step++)
            sum += CosineSchedule.At(step, total, recipe.LearningRate);
        return sum / (1 - recipe.Momentum);
    }
}
