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
/// Times what a device runs by replaying it. An event before a single launch happens long before the launch arrives at the device, so that
/// a kernel of a few microseconds measures its way there. So each launch is made a graph of its own that holds it many times: the device
/// goes from one to the next by itself, as it does within a plan's graph.
/// </summary>
/// <remarks>
/// A launch is measured where it stands, on the operands that it has, after it has run as it should. Replays change what kernels change in
/// place (parameters, momenta), so that the values of a loop that is timed are good for nothing afterwards; how long kernels take does not
/// depend on them. The operands of a replay come from the cache where they fit into it. A plan is measured at its first run, and its times
/// count at every run.
/// </remarks>
public sealed class ReplayTimer(CudaDevice device)
{
    /// <summary>Times that the graph of a launch holds it.</summary>
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

    /// <summary>Milliseconds of the same launches, one by one as fast as the host makes them.</summary>
    public double PlainMilliseconds { get; private set; }

    /// <summary>What graphs save of the time of plain launches: the share of it in which the device waits for the host.</summary>
    public double LaunchShare => PlainMilliseconds > 0 ? Math.Max(0, 1 - GraphMilliseconds / PlainMilliseconds) : 0;

    /// <summary>Adds up a run of a plan that has just been launched.</summary>
    internal void OnRun(IPlan plan, IReadOnlyList<RecordedLaunch> launches, nint executable)
    {
        if (!_plans.TryGetValue(plan, out Times? times))
            _plans[plan] = times = Measure(launches, executable);
        Add(launches, times);
    }

    /// <summary>Adds up a launch outside of plans that has just been made.</summary>
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
    /// Milliseconds of work on the device. The same work goes before it, during which the host hands over the event at the begin and what
    /// follows: the event happens when the device goes on to what is timed, not when it begins to wait for it.
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
