using System.Diagnostics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Events (CUDA Driver API, "Event Management"). Times are the emulator's own, which do not predict a GPU's.</summary>
internal static unsafe class EventExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuEventCreate")]
    public static CudaError cuEventCreate(nint* @event, uint flags) => Abi.InContext(context =>
    {
        Abi.Required(@event, nameof(@event));
        Abi.Require(flags <= DriverEvent.AllFlags, $"flags {flags}");
        *@event = HandleTable.Add(new DriverEvent(context, flags));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventDestroy_v2")]
    public static CudaError cuEventDestroy(nint @event) => Abi.InContext(_ => HandleTable.Remove<DriverEvent>(@event));

    [UnmanagedCallersOnly(EntryPoint = "cuEventRecord")]
    public static CudaError cuEventRecord(nint @event, nint stream) => Abi.InContext(context => Record(context, @event, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuEventRecordWithFlags")]
    public static CudaError cuEventRecordWithFlags(nint @event, nint stream, uint flags) => Abi.InContext(context =>
    {
        Abi.Require(flags <= 1, $"flags {flags}");
        Record(context, @event, stream);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventQuery")]
    public static CudaError cuEventQuery(nint @event) => Abi.InContext(_ => RequireOutsideOfCapture(@event));

    [UnmanagedCallersOnly(EntryPoint = "cuEventSynchronize")]
    public static CudaError cuEventSynchronize(nint @event) => Abi.InContext(_ => RequireOutsideOfCapture(@event));

    [UnmanagedCallersOnly(EntryPoint = "cuEventElapsedTime")]
    public static CudaError cuEventElapsedTime(float* milliseconds, nint start, nint end) => Abi.InContext(_ =>
    {
        Abi.Required(milliseconds, nameof(milliseconds));
        DriverEvent first = HandleTable.Get<DriverEvent>(start), last = HandleTable.Get<DriverEvent>(end);
        Abi.Require(
            first.HasTime && last.HasTime && first.Recorded is not null && last.Recorded is not null,
            "an event has no timing or is not recorded yet", CudaError.InvalidHandle);
        *milliseconds = (float)((last.Recorded!.Value - first.Recorded!.Value) * 1e3 / Stopwatch.Frequency);
    });

    private static void Record(DriverContext context, nint @event, nint stream)
    {
        DriverEvent recorded = HandleTable.Get<DriverEvent>(@event);
        DriverStream into = context.Stream(stream);
        Abi.Require(recorded.Context == context, "the event belongs to another context", CudaError.InvalidHandle);
        recorded.Capture = into.Capture;
        if (into.Capture is null)
            recorded.Recorded = Stopwatch.GetTimestamp();
    }

    /// <summary>An event that was recorded in a capture completes only when a graph is launched.</summary>
    private static void RequireOutsideOfCapture(nint @event)
    {
        if (HandleTable.Get<DriverEvent>(@event).Capture is not { } capture)
            return;
        capture.IsInvalid = true;
        throw new EmulatorException(CudaError.CapturedEvent, "the event was recorded in a stream that was captured");
    }
}
