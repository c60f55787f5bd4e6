using System.Diagnostics;
using DdmNative.Compute.Cpu;

namespace DdmNative.SideBySide;

/// <summary>Measures a workload on both sides in turn, A B A B, after warming both up; while one works the other sleeps.</summary>
internal sealed class Alternation(CpuDevice device, TorchWorker? torch, bool quick)
{
    /// <summary>Long enough for both sides' idle threads to stop spinning.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly double _warmUpSeconds = quick ? 0.2 : 1;
    private readonly double _turnSeconds = quick ? 0.05 : 0.25;
    private readonly double _rowSeconds = quick ? 0.3 : 6;
    private readonly int _leastTurns = quick ? 2 : 5;
    private readonly int _mostTurns = quick ? 4 : 25;

    /// <summary>A run that takes longer than this is long: three turns do.</summary>
    private const double LongRunSeconds = 5;

    /// <param name="workload">What to measure.</param>
    /// <param name="peak">The roof, on as many threads.</param>
    public Row Measure(Workload workload, MachinePeak peak)
    {
        string? variant = torch?.Prepare(workload.Torch, probe: !quick).Variant;
        using Prepared prepared = workload.Prepare(device);
        double oursOnce = WarmUp(prepared);
        Thread.Sleep(Pause);
        double torchOnce = torch?.Run(1)[0] ?? 0;
        (int oursRuns, int torchRuns) = (RunsPerTurn(oursOnce), RunsPerTurn(torchOnce));
        int leastTurns = Math.Max(oursOnce, torchOnce) > LongRunSeconds ? Math.Min(3, _leastTurns) : _leastTurns;
        (var ours, var theirs) = (new List<double>(), new List<double>());
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < leastTurns || (turn < _mostTurns && Stopwatch.GetElapsedTime(start).TotalSeconds < _rowSeconds); turn++)
        {
            Thread.Sleep(Pause);
            for (int run = 0; run < oursRuns; run++)
                ours.Add(Time(prepared));
            if (torch is null)
                continue;
            Thread.Sleep(Pause);
            theirs.AddRange(torch.Run(torchRuns));
        }
        return ToRow(workload, peak, variant, ours, theirs);
    }

    private static Row ToRow(Workload workload, MachinePeak peak, string? variant, List<double> ours, List<double> theirs)
    {
        double median = Median(ours), rate = workload.Flops / median;
        var row = new Row
        {
            Name = workload.Name,
            Threads = peak.Threads,
            OursS = median,
            OursMinS = ours.Min(),
            OursMaxS = ours.Max(),
            Gflops = workload.Flops > 0 ? rate / 1e9 : null,
            PeakShare = workload.Flops > 0 ? rate / peak.FlopsPerSecond : null,
            Shortened = workload.IsShortened,
            LeastRatio = workload.LeastRatio,
        };
        return theirs.Count == 0
            ? row
            : row with { TorchVariant = variant, TorchS = Median(theirs), TorchMinS = theirs.Min(), TorchMaxS = theirs.Max(), Ratio = Median(theirs) / median };
    }

    /// <summary>Runs until compiled code has settled; returns the last run's seconds.</summary>
    private double WarmUp(Prepared prepared)
    {
        long start = Stopwatch.GetTimestamp();
        double last = Time(prepared);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < _warmUpSeconds)
            last = Time(prepared);
        return last;
    }

    private int RunsPerTurn(double seconds) => Math.Clamp((int)(_turnSeconds / Math.Max(seconds, 1e-6)), 1, 50);

    private static double Time(Prepared prepared)
    {
        long start = Stopwatch.GetTimestamp();
        prepared.Run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
