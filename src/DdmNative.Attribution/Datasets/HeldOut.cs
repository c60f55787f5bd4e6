using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Holds out a test part of data that come without one: of every class the same share, a tenth but at most 10,000 samples together, chosen
/// by a fixed seed, so that the parts are the same in every run.
/// </summary>
internal static class HeldOut
{
    private const int Most = 10_000;
    private const double LargestShare = 0.1;

    // Separates these random numbers from all others with the same seed.
    private const ulong Seed = 1, Stream = 0x48454C44ul << 24;

    /// <summary>Both parts; samples keep their numbers in the file.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="all">All samples.</param>
    /// <param name="name">The name of the data.</param>
    /// <exception cref="BadInputException">No class has enough samples to hold one out.</exception>
    public static (Dataset Train, Dataset Test) Split(string path, Dataset all, string name)
    {
        double share = Math.Min(LargestShare, (double)Most / all.Count);
        var isHeldOut = new bool[all.Count];
        int held = 0;
        foreach (IGrouping<int, int> ofClass in Enumerable.Range(0, all.Count).GroupBy(n => all.Labels[n]))
        {
            int[] members = [.. ofClass];
            new SeededOrder(Seed, Stream + (ulong)ofClass.Key).Shuffle(members);
            int count = (int)(share * members.Length);
            foreach (int n in members.AsSpan(0, count))
                isHeldOut[n] = true;
            held += count;
        }

        if (held == 0)
            throw new BadInputException(path, "x_test",
                $"no test part, and no class with {Math.Ceiling(1 / share)} samples to hold one out",
                "x_test and y_test, or a folder with train.npz and test.npz", "Add features to test on.");
        string note = $"{path}: there is no x_test: {held} of the {all.Count} rows, the same share of every class, are held out for "
            + "testing.";
        return (Part(false).Named(name + "/train", all.ClassNames, [.. all.Notes, note]),
            Part(true).Named(name + "/test", all.ClassNames, []));

        Dataset Part(bool isTest) => all.Select([.. Enumerable.Range(0, all.Count).Where(n => isHeldOut[n] == isTest)]);
    }
}
