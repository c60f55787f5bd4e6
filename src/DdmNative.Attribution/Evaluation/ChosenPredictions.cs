using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Evaluation;

/// <summary>The test samples whose single predictions an evaluation looks at.</summary>
public static class ChosenPredictions
{
    // Keeps the draws apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x50524544ul << 32;

    /// <summary>So many different samples, ascending; a smaller choice with the same seed is part of a larger one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public static int[] Of(int samples, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, samples);
        return [.. SeededOrder.Permutation(samples, seed, Stream).Take(count).Order()];
    }
}
