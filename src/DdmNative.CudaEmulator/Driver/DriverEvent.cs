namespace DdmNative.CudaEmulator.Driver;

/// <summary>A point in a stream's work. Work is done when it is enqueued, so the event has completed when it is recorded.</summary>
internal sealed class DriverEvent(DriverContext context, uint flags) : IOfContext
{
    public const uint DisableTiming = 2, AllFlags = 7;

    public DriverContext Context { get; } = context;

    public bool HasTime { get; } = (flags & DisableTiming) == 0;

    /// <summary>Timestamp of <see cref="System.Diagnostics.Stopwatch"/>; null until recorded.</summary>
    public long? Recorded { get; set; }

    /// <summary>The capture in which it was last recorded: streams that wait for it join the capture.</summary>
    public StreamCapture? Capture { get; set; }
}
