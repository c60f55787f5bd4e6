namespace DdmNative.Attribution.Training;

/// <summary>
/// Learning rates that decrease to zero along a cosine, step by step: η_t = η·½(1 + cos(πt/T)), t = 0 … T − 1 (Loshchilov and Hutter, ICLR
/// 2017, without restarts).
/// </summary>
public static class CosineSchedule
{
    /// <summary>η_t of step <paramref name="step"/> of <paramref name="total"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is not in 0 … total − 1.</exception>
    public static float At(int step, int total, float learningRate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, total);
        return (float)(learningRate * 0.5 * (1 + Math.Cos(Math.PI * step / total)));
    }
}
