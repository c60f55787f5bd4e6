using System.Diagnostics;
using System.Globalization;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli.Profiling;

/// <summary>The measurements of one kernel at one layer.</summary>
/// <param name="Kernel">Operation and form.</param>
/// <param name="Layer">The shapes of one sample.</param>
/// <param name="Calls">How often it ran over all of its members and samples in a round.</param>
/// <param name="Seconds">The mean time of all threads in a round.</param>
/// <param name="Rounds">The time of all threads in single rounds.</param>
/// <param name="Share">The share of the time in which threads were busy, by the medians.</param>
/// <param name="Gflops">10⁹ flop/s on one thread, counted for the plain algorithm; 0 if flops are not counted.</param>
/// <param name="GigaBytes">10⁹ bytes per second on one thread.</param>
/// <param name="OfRoofline">The minimum time that one thread needs for the flops or for the bytes, whichever is longer, divided by the
/// measured time.</param>
internal sealed record KernelRow(string Kernel, string Layer, double Calls, double Seconds, RoundTimes Rounds, double Share, double Gflops,
    double GigaBytes, double OfRoofline);

/// <summary>Sums tiles by kernel and layer.</summary>
internal static class KernelTable
{
    /// <param name="tiles">The tiles of each worker.</param>
    /// <param name="peak">The peak, measured with the same number of threads.</param>
    /// <param name="rounds">The start and the end of each round; tiles outside them are left out.</param>
    /// <returns>The rows, the longest time first.</returns>
    public static IReadOnlyList<KernelRow> From(IReadOnlyList<IReadOnlyList<TileRun>> tiles, MachinePeak peak,
        IReadOnlyList<(long Started, long Ended)> rounds)
    {
        var sums = new Dictionary<(string, string), Sum>();
        long[] starts = [.. rounds.Select(round => round.Started)];
        foreach (TileRun tile in tiles.SelectMany(worker => worker))
        {
            int at = Array.BinarySearch(starts, tile.Started), round = at >= 0 ? at : ~at - 1;
            if (round < 0 || tile.Started > rounds[round].Ended)
                continue;
            (string, string) key = (tile.Call.Name, tile.Call.Shape);
            if (!sums.TryGetValue(key, out Sum? sum))
                sums.Add(key, sum = new Sum(rounds.Count));
            sum.Add(tile, round);
        }

        // Of the medians: one round in which another process had the core would decide the shares and the order of the means.
        Dictionary<(string, string), RoundTimes> medians = sums.ToDictionary(sum => sum.Key, sum => RoundTimes.Of(sum.Value.Seconds));
        double busy = medians.Values.Sum(times => times.Median);
        var thread = new MachinePeak(1, peak.FlopsPerSecond / peak.Threads, peak.BytesPerSecond / peak.Threads);
        return
        [
            .. from entry in sums
               let sum = entry.Value
               let times = medians[entry.Key]
               orderby times.Median descending, entry.Key
               let flops = sum.Flops / rounds.Count
               let bytes = sum.Bytes / rounds.Count
               select new KernelRow(
                   entry.Key.Item1, entry.Key.Item2, sum.Calls / rounds.Count, sum.Seconds.Average(), times, Rate(times.Median, busy),
                   Rate(flops / 1e9, times.Median), Rate(bytes / 1e9, times.Median),
                   Rate(thread.LeastSeconds(flops, bytes), times.Median)),
        ];
    }

    /// <param name="rows">The kernels of one loop.</param>
    /// <param name="output">The writer for the table.</param>
    public static void Write(IReadOnlyList<KernelRow> rows, TextWriter output)
    {
        int kernel = Math.Max("kernel".Length, rows.Max(row => row.Kernel.Length)),
            layer = Math.Max("layer".Length, rows.Max(row => row.Layer.Length));
        output.WriteLine($"{"kernel".PadRight(kernel)}  {"layer".PadRight(layer)}  {"calls",6} {"ms",9} {"min",9} {"max",9} {"share",7} "
            + $"{"GFLOP/s",8} {"GB/s",7} {"of peak",8}");
        foreach (KernelRow row in rows)
        {
            string calls = row.Calls == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{row.Calls:0.##}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Kernel.PadRight(kernel)}  {row.Layer.PadRight(layer)}  {calls,6} {Milliseconds(row.Rounds.Median)} "
                + $"{Milliseconds(row.Rounds.Least)} {Milliseconds(row.Rounds.Most)} {row.Share,7:0.0%} {Figure(row.Gflops),8} "
                + $"{Figure(row.GigaBytes),7} {Percent(row.OfRoofline),8}").TrimEnd());
        }
    }

    private static string Figure(double value) => value == 0 ? "" : value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Percent(double value) => value == 0 ? "" : value.ToString("0%", CultureInfo.InvariantCulture);

    private static string Milliseconds(double seconds) => (seconds * 1e3).ToString("0.000", CultureInfo.InvariantCulture).PadLeft(9);

    private static double Rate(double amount, double seconds) => seconds > 0 ? amount / seconds : 0;

    /// <summary>The work of one kernel at one layer.</summary>
    private sealed class Sum(int rounds)
    {
        public double Calls { get; private set; }

        public double Flops { get; private set; }

        public double Bytes { get; private set; }

        /// <summary>The time of each round.</summary>
        public double[] Seconds { get; } = new double[rounds];

        public void Add(in TileRun tile, int round)
        {
            Calls += (double)tile.SampleCount / ((double)tile.Call.Members * tile.Call.Samples);
            Flops += tile.SampleCount * tile.Call.FlopsPerSample;
            Bytes += tile.SampleCount * tile.Call.BytesPerSample;
            Seconds[round] += Stopwatch.GetElapsedTime(tile.Started, tile.Ended).TotalSeconds;
        }
    }
}
