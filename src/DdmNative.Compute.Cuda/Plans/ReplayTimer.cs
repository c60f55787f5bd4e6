using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>A kernel's launches of one grid, timed by replays.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Blocks">Of the grid.</param>
/// <param name="ThreadsPerBlock">Of a block.</param>
/// <param name="Launches">In the loop; replays are not counted.</param>
/// <param name="Milliseconds">All of them together.</param>
public sealed record ReplayedKernel(string Kernel, int Blocks, int ThreadsPerBlock, int Launches, double Milliseconds);

/// <summary>
/// Times what a device runs by replaying it. An event before a single launch completes long before the launch arrives at the device, so
/// that for a kernel of a few microseconds mostly launch latency would be measured. So each launch becomes a graph that contains it many
/// times: the device goes from one to the next by itself, as in a plan's graph.
/// </summary>
/// <remarks>
/// A launch is timed at its place in the program, on its own operands, after it has run once. Replays change what kernels change in place
/// (parameters, momenta), so the values of a timed loop are invalid afterwards; the kernels' times do not depend on them. The operands of a
/// replay come from the cache if they fit. A plan is measured at its first run, and its times
/// count at every run.
/// </remarks>
public sealed class ReplayTimer(CudaDevice device)
{
    /// <summary>The number of copies of a launch in its graph.</summary>
    private const int Copies = 20;

    /// <summary>Runs of a plan that are timed together.</summary>
    private const int Runs = 5;

    private readonly Dictionary<(string Kernel, int Blocks, int Threads), (int Launches, double Milliseconds)> _sums = [];
    private readonly Dictionary<IPlan, Times> _plans = [];

    /// <summary>The longest first.</summary>
    public IReadOnlyList<ReplayedKernel> Kernels =>
        [.. _sums.Select(sum => new ReplayedKernel(sum.Key.Kernel, sum.Key.Blocks, sum.Key.Threads, sum.Value.Launches,
            sum.Value.Milliseconds)).OrderByDescending(kernel => kernel.Milliseconds)];

    /// <summary>Milliseconds of all runs by graphs: of plans, and of each launch outside of plans.</summary>
    public double GraphMilliseconds { get; private set; }

    /// <summary>Milliseconds of the same launches, one by one, as fast as the host issues them.</summary>
    public double PlainMilliseconds { get; private set; }

    /// <summary>The share of the time of plain launches that graphs save, in which the device waits for the host.</summary>
    public double LaunchShare => PlainMilliseconds > 0 ? Math.Max(0, 1 - GraphMilliseconds / PlainMilliseconds) : 0;

    /// <summary>Adds a run of a plan that has just been launched.</summary>
    internal void OnRun(IPlan plan, IReadOnlyList<RecordedLaunch> launches, nint executable)
    {
        if (!_plans.TryGetValue(plan, out Times? times))
            _plans[plan] = times = Measure(launches, executable);
        Add(launches, times);
    }

    /// <summary>Adds a launch outside plans that has just been made.</summary>
    internal void OnLaunch(RecordedLaunch launch)
    {
        double replayed = Replay(launch);
        Add([launch], new Times([replayed], replayed, Timed(Copies, () => device.LaunchPlainly(launch)) / Copies));
    }

    private void Add(IReadOnlyList<RecordedLaunch> launches, Times times)
    {
        for (int i = 0; i < launches.Count; i++)
        {
            KernelLaunch launch = launches[i].Launch;
            (string, int, int) key = (launch.Kernel, launch.Blocks, launch.ThreadsPerBlock);
            (int count, double sum) = _sums.GetValueOrDefault(key);
            _sums[key] = (count + 1, sum + times.Kernels[i]);
        }
        GraphMilliseconds += times.Graph;
        PlainMilliseconds += times.Plain;
    }

    private Times Measure(IReadOnlyList<RecordedLaunch> launches, nint executable)
    {
        double graph = Timed(Runs, () => device.Driver.LaunchGraph(executable, device.Stream)) / Runs;
        double plain = Timed(Runs, () =>
        {
            foreach (RecordedLaunch launch in launches)
                device.LaunchPlainly(launch);
        }) / Runs;
        return new Times([.. launches.Select(Replay)], graph, plain);
    }

    /// <summary>Milliseconds of one launch among many of itself.</summary>
    private double Replay(RecordedLaunch launch)
    {
        nint executable = CapturedGraph.Capture(device, Enumerable.Repeat(launch, Copies));
        try
        {
            return Timed(1, () => device.Driver.LaunchGraph(executable, device.Stream)) / Copies;
        }
        finally
        {
            Teardown.Attempt(() => device.Driver.DestroyExecutable(executable));
        }
    }

    /// <summary>
    /// Milliseconds of work on the device. The same work runs before it; meanwhile the host issues the first event and the timed work, so
    /// that the event completes when the device starts the timed work, not when it starts to wait for it.
    /// </summary>
    private double Timed(int times, Action work)
    {
        (nint start, nint end) = (device.Driver.CreateEvent(timing: true), device.Driver.CreateEvent(timing: true));
        try
        {
            work();
            device.Driver.Record(start, device.Stream);
            for (int i = 0; i < times; i++)
                work();
            device.Driver.Record(end, device.Stream);
            device.Driver.Wait(end);
            return device.Driver.Milliseconds(start, end);
        }
        finally
        {
            Teardown.Attempt(() => device.Driver.DestroyEvent(start));
            Teardown.Attempt(() => device.Driver.DestroyEvent(end));
        }
    }

    /// <param name="Kernels">Milliseconds of each launch.</param>
    /// <param name="Graph">Milliseconds of a run as a graph.</param>
    /// <param name="Plain">Milliseconds of a run by plain launches.</param>
    private sealed record Times(double[] Kernels, double Graph, double Plain);
}
