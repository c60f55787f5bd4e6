using System.Diagnostics;
using DdmNative.Compute;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Cli.Profiling;

/// <summary>
/// The launches of a kernel with one grid: their number, their time by the device's events, and the times of single rounds in seconds.
/// </summary>
internal sealed record LaunchRow(string Kernel, int Blocks, int ThreadsPerBlock, int Launches, double Milliseconds, RoundTimes Rounds);

/// <summary>Sums all launches of the CUDA device that it observes.</summary>
/// <param name="rounds">The number of rounds that the loop is run for.</param>
internal sealed class LaunchRecorder(int rounds) : ILaunchObserver
{
    private readonly Dictionary<(string Kernel, int Blocks, int Threads), List<(int Run, double Milliseconds)>> _launches = [];
    private readonly List<double> _runs = [];
    private readonly Stopwatch _watch = new();

    /// <summary>The elapsed time during runs of plans.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>The number of rounds that the loop was run for.</summary>
    public int Rounds => rounds;

    /// <summary>The elapsed time of single rounds.</summary>
    public RoundTimes Times => RoundTimes.Of(Sums(Enumerable.Range(0, _runs.Count).Select(run => (run, _runs[run]))));

    /// <summary>The rows, the longest time first.</summary>
    public IReadOnlyList<LaunchRow> Rows =>
        [.. _launches.Select(of => new LaunchRow(of.Key.Kernel, of.Key.Blocks, of.Key.Threads, of.Value.Count,
            of.Value.Sum(launch => launch.Milliseconds),
            RoundTimes.Of(Sums(of.Value.Select(launch => (launch.Run, launch.Milliseconds / 1e3))))))
        .OrderByDescending(row => row.Milliseconds)];

    public void OnRunStarted(IPlan plan)
    {
        _runs.Add(-_watch.Elapsed.TotalSeconds);
        _watch.Start();
    }

    public void OnLaunch(string kernel, int blocks, int threadsPerBlock, float milliseconds)
    {
        if (!_launches.TryGetValue((kernel, blocks, threadsPerBlock), out List<(int, double)>? launches))
            _launches.Add((kernel, blocks, threadsPerBlock), launches = []);
        launches.Add((_runs.Count - 1, milliseconds));
    }

    public void OnRunEnded(IPlan plan)
    {
        _watch.Stop();
        _runs[^1] += _watch.Elapsed.TotalSeconds;
    }

    /// <summary>The sum of each round.</summary>
    private double[] Sums(IEnumerable<(int Run, double Seconds)> ofRuns)
    {
        var sums = new double[rounds];
        int[] runs = [.. Enumerable.Range(0, _runs.Count)];
        IReadOnlyList<(int First, int Last)> division = RoundTimes.Divide(runs, rounds);
        if (division.Count == 0)
            return [];
        int before = division[0].First, each = division[0].Last - before + 1;
        foreach ((int run, double seconds) in ofRuns.Where(entry => entry.Run >= before))
            sums[(run - before) / each] += seconds;
        return sums;
    }
}
