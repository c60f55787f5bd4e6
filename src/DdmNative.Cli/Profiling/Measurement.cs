using System.Diagnostics;

namespace DdmNative.Cli.Profiling;

/// <summary>
/// How a loop is measured: first run until its times settle (code is compiled, memory is touched, the processor has its speed), then for
/// enough rounds.
/// </summary>
internal static class Measurement
{
    /// <summary>The measured rounds take at least this long, unless there would be more than <see cref="MostRounds"/>.</summary>
    private const double Seconds = 1;

    private const int FewestRounds = 5, MostRounds = 1000;

    /// <summary>The rounds whose median is compared with that of the next ones.</summary>
    private const int WarmUpRounds = 5;

    private const double LongestWarmUp = 5, SettledWithin = 0.1;

    /// <summary>Runs a loop until the median time of a few rounds differs by less than a tenth from that of the rounds before.</summary>
    /// <param name="measure">Runs a number of rounds and returns their median time in seconds.</param>
    /// <returns>The median time of the last rounds.</returns>
    public static double WarmUp(Func<int, double> measure)
    {
        var watch = Stopwatch.StartNew();
        double before, now = measure(WarmUpRounds);
        do
        {
            before = now;
            now = measure(WarmUpRounds);
        }
        while (Math.Abs(now - before) > SettledWithin * before && watch.Elapsed.TotalSeconds < LongestWarmUp);
        return now;
    }

    /// <summary>The number of rounds to measure.</summary>
    /// <param name="given">The number that the user chose; null for none.</param>
    /// <param name="median">The time of a round.</param>
    public static int RoundsFor(int? given, double median)
        => given ?? (int)Math.Clamp(Math.Ceiling(Seconds / Math.Max(median, 1e-9)), FewestRounds, MostRounds);
}
