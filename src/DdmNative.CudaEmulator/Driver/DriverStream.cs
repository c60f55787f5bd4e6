using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// A stream. Work is done when it is enqueued, which is an order that the driver may choose: all streams are in order, and an event has
/// completed once it is recorded.
/// </summary>
internal sealed class DriverStream(DriverContext context, uint flags, int priority) : IOfContext
{
    public const uint NonBlocking = 1;

    public DriverContext Context { get; } = context;

    public uint Flags { get; } = flags;

    public int Priority { get; } = priority;

    /// <summary>The capture while work is recorded instead of executed; otherwise null.</summary>
    public StreamCapture? Capture { get; set; }

    /// <summary>Executes the work, or records it.</summary>
    public void Enqueue(GraphNode work)
    {
        if (Capture is { } capture)
        {
            Abi.Require(!capture.IsInvalid, "an earlier call invalidated the capture", CudaError.StreamCaptureInvalidated);
            capture.Graph.Add(work);
            return;
        }

        RequireNoImplicitWait();
        work.Run(Context);
    }

    /// <summary>For calls that wait for the stream: captured work never completes.</summary>
    public void RequireNotCapturing(string call)
    {
        if (Capture is not { } capture)
            return;
        capture.IsInvalid = true;
        throw new EmulatorException(CudaError.StreamCaptureUnsupported, $"{call} of a stream that is being captured");
    }

    /// <summary>The default stream waits for all blocking streams, which cannot be recorded.</summary>
    private void RequireNoImplicitWait()
    {
        if (this != Context.DefaultStream)
            return;
        DriverStream[] blocking = [.. Context.Capturing.Where(stream => (stream.Flags & NonBlocking) == 0)];
        foreach (DriverStream stream in blocking)
            stream.Capture!.IsInvalid = true;
        Abi.Require(blocking.Length == 0, "the default stream would wait for a stream that is being captured",
            CudaError.StreamCaptureImplicit);
    }
}

/// <summary>A capture in progress: the stream that started it and the streams that joined it by waiting for its events.</summary>
internal sealed class StreamCapture(DriverStream origin, int mode, int thread, DriverGraph graph)
{
    public const int Global = 0, ThreadLocal = 1, Relaxed = 2;

    private static long _started;

    public DriverStream Origin { get; } = origin;

    public int Thread { get; } = thread;

    public int Mode { get; } = mode;

    public ulong Id { get; } = (ulong)Interlocked.Increment(ref _started);

    public DriverGraph Graph { get; } = graph;

    /// <summary>The handle of the program's graph that is captured into; 0 if the capture creates one.</summary>
    public nint GraphHandle { get; init; }

    /// <summary>Set when a call that cannot be recorded was made: the capture ends in an error.</summary>
    public bool IsInvalid { get; set; }

    public bool Forbids(int callingThread) => Mode == Global || (Mode == ThreadLocal && Thread == callingThread);
}
