using System.Diagnostics;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli.Profiling;

/// <summary>One run of a plan.</summary>
internal readonly record struct PlanRun(string Name, long Started, long Ended);

/// <summary>
/// Records every tile and every plan run of the device that it observes. Each worker has its own list, so that workers do not wait for each
/// other.
/// </summary>
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

    /// <summary>The tiles of each worker, in time order.</summary>
    public IReadOnlyList<IReadOnlyList<TileRun>> Tiles => _tiles;

    public IReadOnlyList<PlanRun> Runs => _runs;

    /// <summary>Seconds from the start of the first plan to the end of the last one.</summary>
    public double Seconds => _runs.Count == 0 ? 0 : Stopwatch.GetElapsedTime(_runs[0].Started, _runs[^1].Ended).TotalSeconds;

    /// <summary>The start and the end of each round.</summary>
    /// <param name="rounds">The number of rounds that the loop was run for.</param>
    public IReadOnlyList<(long Started, long Ended)> Rounds(int rounds)
        => [.. RoundTimes.Divide(_runs, rounds).Select(round => (round.First.Started, round.Last.Ended))];

    public void OnRunStarted(IPlan plan) => _started = Stopwatch.GetTimestamp();

    public void OnRunEnded(IPlan plan) => _runs.Add(new PlanRun(plan.Name, _started, Stopwatch.GetTimestamp()));

    public void OnTile(in TileRun tile) => _tiles[tile.Worker].Add(tile);
}
