namespace DdmNative.Attribution.Training;

/// <summary>How the learning rate falls after it has risen.</summary>
public enum LearningRateShape
{
    /// <summary>Along a cosine to zero (Loshchilov and Hutter, ICLR 2017, without restarts).</summary>
    Cosine,

    /// <summary>
    /// Linearly to zero (Smith and Topin, "Super-convergence", 2019, in the form of FFCV's and TRAK's recipe for CIFAR-10).
    /// </summary>
    OneCycle,
}

/// <summary>
/// The learning rate of every step: η_t = η·t/R while t is below R = wT, a share w of the T steps; then with s = (t − R)/(T − R) along a
/// cosine, η·½(1 + cos πs), or along a line, η(1 − s). t = 0 … T − 1.
/// </summary>
public static class LearningRateSchedule
{
    /// <summary>w of <see cref="LearningRateShape.OneCycle"/> if none is given.</summary>
    public const float OneCycleWarmup = 0.2f;

    /// <summary>η_t of step <paramref name="step"/> of <paramref name="total"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is not in 0 … total − 1.</exception>
    public static float At(int step, int total, TrainingOptions recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, total);
        double rise = (double)WarmupOf(recipe) * total;
        if (step < rise)
            return (float)(recipe.LearningRate * (step / rise));
        return recipe.Schedule switch
        {
            LearningRateShape.Cosine => (float)(recipe.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - rise) / (total - rise)))),
            LearningRateShape.OneCycle => (float)(recipe.LearningRate * ((total - step) / (total - rise))),
            _ => throw new ArgumentException($"There is no schedule {recipe.Schedule}.", nameof(recipe)),
        };
    }

    /// <summary>w, with the shape's own where the recipe gives none.</summary>
    private static float WarmupOf(TrainingOptions recipe)
        => recipe.Warmup ?? (recipe.Schedule == LearningRateShape.OneCycle ? OneCycleWarmup : 0);
}
