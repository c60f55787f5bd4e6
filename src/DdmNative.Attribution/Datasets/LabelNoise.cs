namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Inserts wrong labels deliberately, so that it is known which ones a method should detect: uniform noise on a share of the samples,
/// selected by the seed independent of class; each gets another class at random.
/// </summary>
public static class LabelNoise
{
    // Separates these random numbers from all others with the same seed.
    private const ulong Stream = 0x4E4F495345ul << 24;

    /// <summary>
    /// Returns the data with some labels changed, and which ones: [N]. A smaller share with the same seed changes a subset of a larger
    /// one's samples, to the same classes.
    /// </summary>
    /// <param name="data">The data; not changed.</param>
    /// <param name="share">The share of the samples, from 0 to 1; their number is rounded, halves up.</param>
    /// <param name="seed">Selects the samples and their new labels.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    /// <exception cref="ArgumentException">There is only one class: no label can be wrong.</exception>
    public static (Dataset Data, bool[] Planted) Plant(Dataset data, double share, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!(share >= 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "Expected a share from 0 to 1.");
        if (data.Classes < 2)
            throw new ArgumentException($"{data.Name} has one class; no label can be wrong.", nameof(data));
        var planted = new bool[data.Count];
        int[] labels = [.. data.Labels];
        int[] order = SeededOrder.Permutation(data.Count, seed, Stream);
        var draws = new SeededOrder(seed, Stream + 1);
        foreach (int n in order[..(int)Math.Floor(share * data.Count + 0.5)])
        {
            // One of the other classes with equal probability: those from the true class on move up by one.
            int other = draws.Below(data.Classes - 1);
            labels[n] = other < labels[n] ? other : other + 1;
            planted[n] = true;
        }

        return (data.WithLabels(labels), planted);
    }
}
