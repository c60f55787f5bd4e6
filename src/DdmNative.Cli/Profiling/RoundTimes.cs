namespace DdmNative.Cli.Profiling;

/// <summary>The times of several rounds, in seconds. The median is what a round takes; the others show how far to trust it.</summary>
/// <param name="Least">The shortest.</param>
/// <param name="Median">The median; of an even number the mean of the two in the middle.</param>
/// <param name="Most">The longest.</param>
internal sealed record RoundTimes(double Least, double Median, double Most)
{
    public static RoundTimes Of(IEnumerable<double> seconds)
    {
        double[] sorted = [.. seconds.Order()];
        return sorted.Length == 0 ? new(0, 0, 0)
            : new(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }

    /// <summary>
    /// Divides runs of plans into rounds of as many runs each. A loop may run some plans once before its rounds: the runs that are too many
    /// are those of the preparation, and are left out.
    /// </summary>
    /// <returns>The first and the last run of each round.</returns>
    public static IReadOnlyList<(T First, T Last)> Divide<T>(IReadOnlyList<T> runs, int rounds)
    {
        int each = runs.Count / rounds;
        return each == 0 ? []
            : [.. Enumerable.Range(0, rounds).Select(round => (runs.Count % rounds) + round * each)
                .Select(first => (runs[first], runs[first + each - 1]))];
    }
}
