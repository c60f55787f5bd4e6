using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Evaluation;

/// <summary>The test samples whose single predictions are evaluated.</summary>
public static class ChosenPredictions
{
    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x50524544ul << 32;

    /// <summary>
    /// Selects <paramref name="count"/> different samples, ascending; a smaller selection with the same seed is part of a larger one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are too few samples.</exception>
    public static int[] Of(int samples, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, samples);
        return [.. SeededOrder.Permutation(samples, seed, Stream).Take(count).Order()];
    }
}
