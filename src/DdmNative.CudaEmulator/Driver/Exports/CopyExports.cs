using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>
/// Copies and fills, synchronous and in a stream (CUDA Driver API, "Memory Management"). Synchronous ones behave as if in the default
/// stream, followed by a wait for it.
/// </summary>
internal static unsafe class CopyExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyHtoD_v2")]
    public static CudaError cuMemcpyHtoD(ulong destination, nint source, nuint bytes) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemcpyHtoD", MemoryWork.CopyIn(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static CudaError cuMemcpyHtoDAsync(ulong destination, nint source, nuint bytes, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.CopyIn(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoH_v2")]
    public static CudaError cuMemcpyDtoH(nint destination, ulong source, nuint bytes) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemcpyDtoH", MemoryWork.CopyOut(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoHAsync_v2")]
    public static CudaError cuMemcpyDtoHAsync(nint destination, ulong source, nuint bytes, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.CopyOut(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoD_v2")]
    public static CudaError cuMemcpyDtoD(ulong destination, ulong source, nuint bytes) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemcpyDtoD", MemoryWork.CopyWithin(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoDAsync_v2")]
    public static CudaError cuMemcpyDtoDAsync(ulong destination, ulong source, nuint bytes, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.CopyWithin(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpy")]
    public static CudaError cuMemcpy(ulong destination, ulong source, nuint bytes) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemcpy", MemoryWork.Copy(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyAsync")]
    public static CudaError cuMemcpyAsync(ulong destination, ulong source, nuint bytes, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Copy(destination, source, bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyPeer")]
    public static CudaError cuMemcpyPeer(ulong destination, nint to, ulong source, nint from, nuint bytes) =>
        Abi.InContext(context =>
        RunSynchronously(context, "cuMemcpyPeer", MemoryWork.CopyBetween(destination, Context(to), source, Context(from), bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyPeerAsync")]
    public static CudaError cuMemcpyPeerAsync(ulong destination, nint to, ulong source, nint from, nuint bytes, nint stream)
    => Abi.InContext(context => context.Stream(stream)
        .Enqueue(MemoryWork.CopyBetween(destination, Context(to), source, Context(from), bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpy2D_v2")]
    public static CudaError cuMemcpy2D(MemoryWork.Rectangle* copy) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemcpy2D", MemoryWork.Copy(*Abi.Required(copy, nameof(copy)))));

    /// <summary>The same as cuMemcpy2D, which requires aligned pitches on some devices.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuMemcpy2DUnaligned_v2")]
    public static CudaError cuMemcpy2DUnaligned(MemoryWork.Rectangle* copy)
        => Abi.InContext(context => RunSynchronously(context, "cuMemcpy2DUnaligned", MemoryWork.Copy(*Abi.Required(copy, nameof(copy)))));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpy2DAsync_v2")]
    public static CudaError cuMemcpy2DAsync(MemoryWork.Rectangle* copy, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Copy(*Abi.Required(copy, nameof(copy)))));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD8_v2")]
    public static CudaError cuMemsetD8(ulong address, byte pattern, nuint count) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD8", MemoryWork.Fill(address, 0, pattern, 1, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD8Async")]
    public static CudaError cuMemsetD8Async(ulong address, byte pattern, nuint count, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, 0, pattern, 1, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD16_v2")]
    public static CudaError cuMemsetD16(ulong address, ushort pattern, nuint count) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD16", MemoryWork.Fill(address, 0, pattern, 2, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD16Async")]
    public static CudaError cuMemsetD16Async(ulong address, ushort pattern, nuint count, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, 0, pattern, 2, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD32_v2")]
    public static CudaError cuMemsetD32(ulong address, uint pattern, nuint count) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD32", MemoryWork.Fill(address, 0, pattern, 4, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD32Async")]
    public static CudaError cuMemsetD32Async(ulong address, uint pattern, nuint count, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, 0, pattern, 4, count, 1)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D8_v2")]
    public static CudaError cuMemsetD2D8(ulong address, nuint pitch, byte pattern, nuint width, nuint height) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD2D8", MemoryWork.Fill(address, pitch, pattern, 1, width, height)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D8Async")]
    public static CudaError cuMemsetD2D8Async(ulong address, nuint pitch, byte pattern, nuint width, nuint height, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, pitch, pattern, 1, width, height)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D16_v2")]
    public static CudaError cuMemsetD2D16(ulong address, nuint pitch, ushort pattern, nuint width, nuint height) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD2D16", MemoryWork.Fill(address, pitch, pattern, 2, width, height)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D16Async")]
    public static CudaError cuMemsetD2D16Async(ulong address, nuint pitch, ushort pattern, nuint width, nuint height, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, pitch, pattern, 2, width, height)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D32_v2")]
    public static CudaError cuMemsetD2D32(ulong address, nuint pitch, uint pattern, nuint width, nuint height) =>
        Abi.InContext(context => RunSynchronously(context, "cuMemsetD2D32", MemoryWork.Fill(address, pitch, pattern, 4, width, height)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD2D32Async")]
    public static CudaError cuMemsetD2D32Async(ulong address, nuint pitch, uint pattern, nuint width, nuint height, nint stream)
    => Abi.InContext(context => context.Stream(stream).Enqueue(MemoryWork.Fill(address, pitch, pattern, 4, width, height)));

    private static void RunSynchronously(DriverContext context, string call, GraphNode work)
    {
        context.RequireNoCapture(call);
        context.DefaultStream.Enqueue(work);
    }

    private static DriverContext Context(nint handle) => HandleTable.Get<DriverContext>(handle, CudaError.InvalidContext);
}
