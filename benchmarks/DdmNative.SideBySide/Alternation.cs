using System.Diagnostics;
using DdmNative.Compute.Cpu;

namespace DdmNative.SideBySide;

/// <summary>
/// Measures a workload on all sides in turn, A B C A B C, after warming them up; while one runs the others are idle.
/// </summary>
internal sealed class Alternation(CpuDevice device, TorchWorker? torch, TorchWorker? torchSharp, bool quick)
{
    /// <summary>Long enough for every side's idle threads to stop spinning.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly double _warmUpSeconds = quick ? 0.2 : 1;
    private readonly double _turnSeconds = quick ? 0.05 : 0.25;
    private readonly double _rowSeconds = quick ? 0.3 : 6;
    private readonly int _leastTurns = quick ? 2 : 5;
    private readonly int _mostTurns = quick ? 4 : 25;

    /// <summary>For a run longer than this, three turns are enough.</summary>
    private const double LongRunSeconds = 5;

    /// <summary>For a run longer than this, a quick measurement counts the last run of the warm-up and takes one turn more.</summary>
    private const double LongQuickRunSeconds = 0.4;

    /// <param name="workload">The workload to measure.</param>
    /// <param name="peak">The machine's peak on the same number of threads.</param>
    public Row Measure(Workload workload, MachinePeak peak)
    {
        bool probe = !quick || workload.IsOperation;
        Opponent?[] opponents = [Opponent.Prepare(torch, workload, probe), Opponent.Prepare(torchSharp, workload, probe)];
        using Prepared prepared = workload.Prepare(device);
        double oursOnce = WarmUp(prepared);
        double longest = oursOnce;
        foreach (Opponent opponent in opponents.OfType<Opponent>())
        {
            Thread.Sleep(Pause);
            double once = opponent.Worker.Run(1)[0];
            opponent.RunsPerTurn = RunsPerTurn(once);
            opponent.Once = once;
            longest = Math.Max(longest, once);
        }
        int oursRuns = RunsPerTurn(oursOnce);
        int leastTurns = longest > LongRunSeconds ? Math.Min(3, _leastTurns) : _leastTurns;
        var ours = new List<double>();
        if (quick && longest > LongQuickRunSeconds)
        {
            leastTurns = 1;
            ours.Add(oursOnce);
            foreach (Opponent opponent in opponents.OfType<Opponent>())
                opponent.Seconds.Add(opponent.Once);
        }
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < leastTurns || (turn < _mostTurns && Stopwatch.GetElapsedTime(start).TotalSeconds < _rowSeconds); turn++)
        {
            Thread.Sleep(Pause);
            for (int run = 0; run < oursRuns; run++)
                ours.Add(Time(prepared));
            foreach (Opponent opponent in opponents.OfType<Opponent>())
            {
                Thread.Sleep(Pause);
                opponent.Seconds.AddRange(opponent.Worker.Run(opponent.RunsPerTurn));
            }
        }
        return ToRow(workload, peak, ours, opponents[0], opponents[1]);
    }

    private static Row ToRow(Workload workload, MachinePeak peak, List<double> ours, Opponent? torch, Opponent? torchSharp)
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
        if (torch is not null)
            row = row with { TorchVariant = torch.Variant, TorchS = Median(torch.Seconds), TorchMinS = torch.Seconds.Min(),
                TorchMaxS = torch.Seconds.Max() };
        if (torchSharp is not null)
        {
            row = row with { TorchSharpVariant = torchSharp.Variant, TorchSharpS = Median(torchSharp.Seconds),
                TorchSharpMinS = torchSharp.Seconds.Min(), TorchSharpMaxS = torchSharp.Seconds.Max() };
        }
        return row;
    }

    /// <summary>Runs until the code is fully compiled; returns the last run's seconds.</summary>
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

    /// <summary>Another side of the row, prepared.</summary>
    private sealed class Opponent(TorchWorker worker, string variant)
    {
        public TorchWorker Worker { get; } = worker;

        public string Variant { get; } = variant;

        public int RunsPerTurn { get; set; } = 1;

        /// <summary>Seconds of the last run of the warm-up.</summary>
        public double Once { get; set; }

        public List<double> Seconds { get; } = [];

        public static Opponent? Prepare(TorchWorker? worker, Workload workload, bool probe)
            => worker is null ? null : new Opponent(worker, worker.Prepare(workload.Torch, probe).Variant);
    }
}
