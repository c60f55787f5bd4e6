using System.Diagnostics;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli.Profiling;

/// <summary>One run of a plan.</summary>
internal readonly record struct PlanRun(string Name, long Started, long Ended);

/// <summary>Writes down every tile and every run of a plan while it observes a device. Each worker has a list of its own, so that none waits for another.</summary>
internal sealed class TileRecorder : ITileObserver
{
    private readonly List<TileRun>[] _tiles;
    private readonly List<PlanRun> _runs = [];
    private long _started;

    public TileRecorder(int workers)
    {
        _tiles = new List<TileRun>[workers];
        for (int worker = 0; worker < workers; worker++)
            _tiles[worker] = [];
    }

    /// <summary>By worker, each in the order of time.</summary>
    public IReadOnlyList<IReadOnlyList<TileRun>> Tiles => _tiles;

    public IReadOnlyList<PlanRun> Runs => _runs;

    /// <summary>Seconds from the first plan's beginning to the last one's end.</summary>
    public double Seconds => _runs.Count == 0 ? 0 : Stopwatch.GetElapsedTime(_runs[0].Started, _runs[^1].Ended).TotalSeconds;

    public void OnRunStarted(IPlan plan) => _started = Stopwatch.GetTimestamp();

    public void OnRunEnded(IPlan plan) => _runs.Add(new PlanRun(plan.Name, _started, Stopwatch.GetTimestamp()));

    public void OnTile(in TileRun tile) => _tiles[tile.Worker].Add(tile);
}
