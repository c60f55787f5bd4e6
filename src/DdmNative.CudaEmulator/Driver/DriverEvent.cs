namespace DdmNative.CudaEmulator.Driver;

/// <summary>A point in a stream's work; work being done at once, it has happened when it is recorded.</summary>
internal sealed class DriverEvent(DriverContext context, uint flags) : IOfContext
{
    public const uint DisableTiming = 2, AllFlags = 7;

    public DriverContext Context { get; } = context;

    public bool HasTime { get; } = (flags & DisableTiming) == 0;

    /// <summary>Of <see cref="System.Diagnostics.Stopwatch"/>; null until recorded.</summary>
    public long? Recorded { get; set; }

    /// <summary>The capture in which it was recorded last: streams that wait for it join it.</summary>
    public StreamCapture? Capture { get; set; }
}
