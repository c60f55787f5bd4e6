using System.Diagnostics;
using DdmNative.Compute;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Cli.Profiling;

/// <summary>The launches of a kernel with one grid: their number, and their time by the device's events.</summary>
internal sealed record LaunchRow(string Kernel, int Blocks, int ThreadsPerBlock, int Launches, double Milliseconds);

/// <summary>Sums all launches of the CUDA device that it observes.</summary>
internal sealed class LaunchRecorder : ILaunchObserver
{
    private readonly Dictionary<(string Kernel, int Blocks, int Threads), (int Launches, double Milliseconds)> _sums = [];
    private readonly Stopwatch _watch = new();

    /// <summary>The elapsed time during runs of plans.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>The rows, the longest time first.</summary>
    public IReadOnlyList<LaunchRow> Rows =>
        [.. _sums.Select(sum => new LaunchRow(sum.Key.Kernel, sum.Key.Blocks, sum.Key.Threads, sum.Value.Launches, sum.Value.Milliseconds))
        .OrderByDescending(row => row.Milliseconds)];

    public void OnRunStarted(IPlan plan) => _watch.Start();

    public void OnLaunch(string kernel, int blocks, int threadsPerBlock, float milliseconds)
    {
        (int launches, double sum) = _sums.GetValueOrDefault((kernel, blocks, threadsPerBlock));
        _sums[(kernel, blocks, threadsPerBlock)] = (launches + 1, sum + milliseconds);
    }

    public void OnRunEnded(IPlan plan) => _watch.Stop();
}
