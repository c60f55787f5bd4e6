using System.Diagnostics;
using System.Globalization;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli.Profiling;

/// <summary>The measurements of one kernel at one layer.</summary>
/// <param name="Kernel">Operation and form.</param>
/// <param name="Layer">The shapes of one sample.</param>
/// <param name="Calls">How often it ran over all of its members and samples.</param>
/// <param name="Seconds">The total time of all threads.</param>
/// <param name="Share">The share of the time in which threads were busy.</param>
/// <param name="Gflops">10⁹ flop/s on one thread, counted for the plain algorithm; 0 if flops are not counted.</param>
/// <param name="GigaBytes">10⁹ bytes per second on one thread.</param>
/// <param name="OfRoofline">The minimum time that one thread needs for the flops or for the bytes, whichever is longer, divided by the
/// measured time.</param>
internal sealed record KernelRow(string Kernel, string Layer, double Calls, double Seconds, double Share, double Gflops, double GigaBytes,
    double OfRoofline);

/// <summary>Sums tiles by kernel and layer.</summary>
internal static class KernelTable
{
    /// <param name="tiles">The tiles of each worker.</param>
    /// <param name="peak">The peak, measured with the same number of threads.</param>
    /// <returns>The rows, the longest time first.</returns>
    public static IReadOnlyList<KernelRow> From(IReadOnlyList<IReadOnlyList<TileRun>> tiles, MachinePeak peak)
    {
        var sums = new Dictionary<(string, string), (double Calls, double Seconds, double Flops, double Bytes)>();
        foreach (TileRun tile in tiles.SelectMany(worker => worker))
        {
            (string, string) key = (tile.Call.Name, tile.Call.Shape);
            (double calls, double seconds, double flops, double bytes) = sums.GetValueOrDefault(key);
            sums[key] = (
                calls + (double)tile.SampleCount / ((double)tile.Call.Members * tile.Call.Samples),
                seconds + Stopwatch.GetElapsedTime(tile.Started, tile.Ended).TotalSeconds,
                flops + tile.SampleCount * tile.Call.FlopsPerSample, bytes + tile.SampleCount * tile.Call.BytesPerSample);
        }

        double busy = sums.Values.Sum(sum => sum.Seconds);
        var thread = new MachinePeak(1, peak.FlopsPerSecond / peak.Threads, peak.BytesPerSecond / peak.Threads);
        return
        [
            .. from entry in sums
               let sum = entry.Value
               orderby sum.Seconds descending, entry.Key
               select new KernelRow(
                   entry.Key.Item1, entry.Key.Item2, sum.Calls, sum.Seconds, Rate(sum.Seconds, busy), Rate(sum.Flops / 1e9, sum.Seconds),
                   Rate(sum.Bytes / 1e9, sum.Seconds),
                   Rate(thread.LeastSeconds(sum.Flops, sum.Bytes), sum.Seconds)),
        ];
    }

    /// <param name="rows">The kernels of one loop.</param>
    /// <param name="rounds">The rounds of the loop; calls and times are printed per round.</param>
    /// <param name="output">The writer for the table.</param>
    public static void Write(IReadOnlyList<KernelRow> rows, int rounds, TextWriter output)
    {
        int kernel = Math.Max("kernel".Length, rows.Max(row => row.Kernel.Length)),
            layer = Math.Max("layer".Length, rows.Max(row => row.Layer.Length));
        output.WriteLine($"{"kernel".PadRight(kernel)}  {"layer".PadRight(layer)}  {"calls",6} {"ms",9} {"share",7} {"GFLOP/s",8} "
            + $"{"GB/s",7} {"of peak",8}");
        foreach (KernelRow row in rows)
        {
            string calls = row.Calls == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{row.Calls / rounds:0.##}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Kernel.PadRight(kernel)}  {row.Layer.PadRight(layer)}  {calls,6} {row.Seconds / rounds * 1e3,9:0.000} "
                + $"{row.Share,7:0.0%} {Figure(row.Gflops),8} {Figure(row.GigaBytes),7} "
                + $"{(row.OfRoofline == 0 ? "" : row.OfRoofline.ToString("0%", CultureInfo.InvariantCulture)),8}").TrimEnd());
        }
    }

    private static string Figure(double value) => value == 0 ? "" : value.ToString("0.0", CultureInfo.InvariantCulture);

    private static double Rate(double amount, double seconds) => seconds > 0 ? amount / seconds : 0;
}
