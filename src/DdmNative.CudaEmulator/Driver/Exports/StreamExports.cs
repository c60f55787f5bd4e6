using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Streams and their capture (CUDA Driver API, "Stream Management").</summary>
internal static unsafe class StreamExports
{
    public const int LowestPriority = 0, GreatestPriority = -5;

    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreate")]
    public static CudaError cuStreamCreate(nint* stream, uint flags) => Abi.InContext(context => Create(context, stream, flags, 0));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreateWithPriority")]
    public static CudaError cuStreamCreateWithPriority(nint* stream, uint flags, int priority)
        => Abi.InContext(context => Create(context, stream, flags, Math.Clamp(priority, GreatestPriority, LowestPriority)));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamDestroy_v2")]
    public static CudaError cuStreamDestroy(nint stream) => Abi.InContext(context =>
    {
        DriverStream destroyed = context.Stream(stream);
        Abi.Require(destroyed != context.DefaultStream, "the default stream cannot be destroyed", CudaError.InvalidHandle);
        context.Capturing.Remove(destroyed);
        HandleTable.Remove<DriverStream>(stream);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamSynchronize")]
    public static CudaError cuStreamSynchronize(nint stream)
    => Abi.InContext(context => context.Stream(stream).RequireNotCapturing("cuStreamSynchronize"));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamQuery")]
    public static CudaError cuStreamQuery(nint stream)
    => Abi.InContext(context => context.Stream(stream).RequireNotCapturing("cuStreamQuery"));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamGetFlags")]
    public static CudaError cuStreamGetFlags(nint stream, uint* flags)
    => Abi.InContext(context => *Abi.Required(flags, nameof(flags)) = context.Stream(stream).Flags);

    [UnmanagedCallersOnly(EntryPoint = "cuStreamGetPriority")]
    public static CudaError cuStreamGetPriority(nint stream, int* priority)
    => Abi.InContext(context => *Abi.Required(priority, nameof(priority)) = context.Stream(stream).Priority);

    [UnmanagedCallersOnly(EntryPoint = "cuStreamGetCtx")]
    public static CudaError cuStreamGetCtx(nint stream, nint* owner)
    => Abi.InContext(context => *Abi.Required(owner, nameof(owner)) = context.Stream(stream).Context.Handle);

    /// <summary>
    /// A recorded event has completed, so there is nothing to wait for; but a stream that waits for an event of a capture joins the
    /// capture.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuStreamWaitEvent")]
    public static CudaError cuStreamWaitEvent(nint stream, nint @event, uint flags) => Abi.InContext(context =>
    {
        Abi.Require(flags <= 1, $"flags {flags}");
        DriverStream waiting = context.Stream(stream);
        DriverEvent awaited = HandleTable.Get<DriverEvent>(@event);
        if (awaited.Capture is not { } capture)
        {
            Abi.Require(waiting.Capture is null
                || awaited.Recorded is null, "an event from outside of the capture", CudaError.StreamCaptureIsolation);
            return;
        }

        Abi.Require(waiting != context.DefaultStream, "the default stream cannot be captured", CudaError.StreamCaptureImplicit);
        Abi.Require(waiting.Capture is null || waiting.Capture == capture, "two captures would become one", CudaError.StreamCaptureMerge);
        waiting.Capture = capture;
        if (!context.Capturing.Contains(waiting))
            context.Capturing.Add(waiting);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamGetId")]
    public static CudaError cuStreamGetId(nint stream, ulong* id) => Abi.InContext(context =>
    {
        DriverStream asked = context.Stream(stream);
        *Abi.Required(id, nameof(id)) = asked == context.DefaultStream ? (ulong)context.Handle : (ulong)stream;
    });

    /// <summary>
    /// Older than cuLaunchHostFunc, and cannot be captured: the function also receives the stream and the status of its work, which is
    /// always success.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuStreamAddCallback")]
    public static CudaError cuStreamAddCallback(
        nint stream, delegate* unmanaged<nint, CudaError, nint, void> function, nint data, uint flags)
        => Abi.InContext(context =>
    {
        Abi.Require(function != null && flags == 0, $"the function is null, or flags {flags} are not 0");
        context.Stream(stream).RequireNotCapturing("cuStreamAddCallback");
        function(stream, CudaError.Success, data);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchHostFunc")]
    public static CudaError cuLaunchHostFunc(nint stream, delegate* unmanaged<nint, void> function, nint data) => Abi.InContext(context =>
    {
        Abi.Require(function != null, "the function is null");
        context.Stream(stream).Enqueue(new HostNode(function, data));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamBeginCapture_v2")]
    public static CudaError cuStreamBeginCapture(nint stream, int mode)
    => Abi.InContext(context => BeginCapture(context, stream, mode, new DriverGraph(), 0));

    /// <summary>
    /// Captures into a graph of the program, after the named nodes, which must exist: nodes are executed in the order in which they were
    /// added, which satisfies all dependencies.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuStreamBeginCaptureToGraph")]
    public static CudaError cuStreamBeginCaptureToGraph(nint stream, nint graph, nint* dependencies, nint dependencyData,
    nuint dependencyCount, int mode) => Abi.InContext(context =>
    {
        DriverGraph into = HandleTable.Get<DriverGraph>(graph, CudaError.InvalidValue);
        Abi.Require(dependencyCount == 0 || dependencies != null, "the dependencies are null");
        for (nuint i = 0; i < dependencyCount; i++)
            Abi.Require(
                HandleTable.Get<NodeOfGraph>(dependencies[i], CudaError.InvalidValue).Graph == into,
                "a dependency is not a node of the graph");
        BeginCapture(context, stream, mode, into, graph);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamEndCapture")]
    public static CudaError cuStreamEndCapture(nint stream, nint* graph) => Abi.InContext(context =>
    {
        Abi.Required(graph, nameof(graph));
        DriverStream ending = context.Stream(stream);
        StreamCapture capture = ending.Capture ?? throw new EmulatorException(CudaError.IllegalState, "the stream is not being captured");
        Abi.Require(capture.Origin == ending, "the capture was started in another stream", CudaError.StreamCaptureUnmatched);
        Abi.Require(
            capture.Mode == StreamCapture.Relaxed || capture.Thread == Environment.CurrentManagedThreadId,
            "the capture was started in another thread", CudaError.StreamCaptureWrongThread);
        foreach (DriverStream part in context.Capturing.Where(part => part.Capture == capture))
            part.Capture = null;
        context.Capturing.RemoveAll(part => part.Capture is null);
        *graph = 0;
        Abi.Require(!capture.IsInvalid, "an earlier call invalidated the capture", CudaError.StreamCaptureInvalidated);
        *graph = capture.GraphHandle != 0 ? capture.GraphHandle : HandleTable.Add(capture.Graph);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamIsCapturing")]
    public static CudaError cuStreamIsCapturing(nint stream, int* status)
        => Abi.InContext(context => *Abi.Required(status, nameof(status)) = Status(context.Stream(stream)));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamGetCaptureInfo_v2")]
    public static CudaError cuStreamGetCaptureInfo(nint stream, int* status, ulong* id, nint* graph, nint** dependencies,
    nuint* dependencyCount) => Abi.InContext(context =>
    {
        DriverStream asked = context.Stream(stream);
        *Abi.Required(status, nameof(status)) = Status(asked);
        if (id != null)
            *id = asked.Capture?.Id ?? 0;
        Abi.Require(
            graph == null && dependencies == null || asked.Capture is null, "the graph of a capture in progress is not accessible",
            CudaError.NotSupported);
        if (dependencyCount != null)
            *dependencyCount = 0;
    });

    /// <summary>
    /// Each capture keeps the mode that it was started with; the thread's own mode, which could weaken it, is always the strict one.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuThreadExchangeStreamCaptureMode")]
    public static CudaError cuThreadExchangeStreamCaptureMode(int* mode) => Abi.Call(() =>
    {
        Abi.Require(*Abi.Required(mode, nameof(mode)) == StreamCapture.Global, "only the global mode is supported for threads",
            CudaError.NotSupported);
    });

    /// <summary>CUstreamCaptureStatus: none, active, invalidated.</summary>
    private static int Status(DriverStream stream) => stream.Capture is not { } capture ? 0 : capture.IsInvalid ? 2 : 1;

    private static void BeginCapture(DriverContext context, nint stream, int mode, DriverGraph graph, nint graphHandle)
    {
        Abi.Require(mode is >= StreamCapture.Global and <= StreamCapture.Relaxed, $"{mode} is not a mode of capture");
        DriverStream captured = context.Stream(stream);
        Abi.Require(captured != context.DefaultStream, "the default stream cannot be captured", CudaError.StreamCaptureUnsupported);
        Abi.Require(captured.Capture is null, "the stream is already being captured", CudaError.IllegalState);
        captured.Capture = new StreamCapture(captured, mode, Environment.CurrentManagedThreadId, graph) { GraphHandle = graphHandle };
        context.Capturing.Add(captured);
    }

    private static void Create(DriverContext context, nint* stream, uint flags, int priority)
    {
        Abi.Required(stream, nameof(stream));
        Abi.Require(flags <= DriverStream.NonBlocking, $"flags {flags}, expected 0 or 1");
        *stream = HandleTable.Add(new DriverStream(context, flags, priority));
    }
}
