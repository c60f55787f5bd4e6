namespace DdmNative.Compute.Cpu;

/// <summary>Receives a notification of all work of a CPU device on which it is set as <see cref="CpuDevice.TileObserver"/>.</summary>
public interface ITileObserver
{
    /// <summary>A plan begins a run; called by the thread that runs it.</summary>
    void OnRunStarted(IPlan plan);

    /// <summary>The plan's run has ended.</summary>
    void OnRunEnded(IPlan plan);

    /// <summary>A tile has been computed. Called by the worker that computed it; several workers may call at once.</summary>
    void OnTile(in TileRun tile);
}

/// <summary>One call on one run of one member's samples by one worker.</summary>
/// <param name="Call">The call.</param>
/// <param name="Worker">0 for the thread that runs the plan.</param>
/// <param name="Member">e.</param>
/// <param name="FirstSample">The first sample.</param>
/// <param name="SampleCount">Samples computed; 0 for what comes before and after a slot's samples, and for adding gradients.</param>
/// <param name="Started"><see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> before.</param>
/// <param name="Ended">And after.</param>
public readonly record struct TileRun(IKernelCall Call, int Worker, int Member, int FirstSample, int SampleCount, long Started, long Ended);
