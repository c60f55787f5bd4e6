using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Stream-ordered allocation (CUDA Driver API, "Stream Ordered Memory Allocator").</summary>
internal static unsafe class PoolExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuMemAllocAsync")]
    public static CudaError cuMemAllocAsync(ulong* address, nuint bytes, nint stream)
        => Abi.InContext(context => Allocate(context, context.Device.ChosenPool ?? context.Device.DefaultPool, address, bytes, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuMemAllocFromPoolAsync")]
    public static CudaError cuMemAllocFromPoolAsync(ulong* address, nuint bytes, nint pool, nint stream)
        => Abi.InContext(context => Allocate(context, Pool(pool), address, bytes, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFreeAsync")]
    public static CudaError cuMemFreeAsync(ulong address, nint stream) => Abi.InContext(context =>
    {
        RequireNoRecording(context, stream);
        context.Free(address);
        context.Device.DefaultPool.RecordFree(address);
        context.Device.ChosenPool?.RecordFree(address);
    });

    /// <summary>CUmemPoolProps starts with the type of allocations, the type of handles, and the type and number of the location.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuMemPoolCreate")]
    public static CudaError cuMemPoolCreate(nint* pool, int* properties) => Abi.Call(() =>
    {
        Abi.Require(pool != null && properties != null, "the output or the properties are null");
        Abi.Require(properties[0] == 1 && properties[2] == 1, "expected a pool of pinned memory at a device");
        *pool = new DriverMemoryPool(EmulatedDriver.Device(properties[3]).Ordinal).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemPoolDestroy")]
    public static CudaError cuMemPoolDestroy(nint pool) => Abi.Call(() =>
    {
        DriverMemoryPool destroyed = Pool(pool);
        DriverDevice device = EmulatedDriver.Device(destroyed.Device);
        Abi.Require(device.DefaultPool != destroyed, "a device's default pool cannot be destroyed");
        if (device.ChosenPool == destroyed)
            device.ChosenPool = null;
        HandleTable.Remove<DriverMemoryPool>(pool);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemPoolTrimTo")]
    public static CudaError cuMemPoolTrimTo(nint pool, nuint bytesToKeep) => Abi.Call(() =>
    {
        _ = bytesToKeep;
        Pool(pool);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemPoolGetAttribute")]
    public static CudaError cuMemPoolGetAttribute(nint pool, int attribute, void* value) => Abi.Call(() =>
    {
        Abi.Require(value != null, "value is null");
        ulong found = Pool(pool)[attribute]
            ?? throw new EmulatorException(CudaError.InvalidValue, $"{attribute} is not an attribute of a pool");
        if (attribute < DriverMemoryPool.ReleaseThreshold)
            *(int*)value = (int)found;
        else
            *(ulong*)value = found;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemPoolSetAttribute")]
    public static CudaError cuMemPoolSetAttribute(nint pool, int attribute, void* value) => Abi.Call(() =>
    {
        Abi.Require(value != null, "value is null");
        DriverMemoryPool owner = Pool(pool);
        Abi.Require(owner[attribute] is not null, $"{attribute} is not an attribute of a pool");
        if (attribute <= DriverMemoryPool.ReleaseThreshold)
        {
            owner.Set(attribute, attribute < DriverMemoryPool.ReleaseThreshold ? (ulong)*(int*)value : *(ulong*)value);
            return;
        }

        Abi.Require(attribute is DriverMemoryPool.ReservedHigh or DriverMemoryPool.UsedHigh
            && *(ulong*)value == 0, "only the high-water marks can be set, and only to 0");
        owner.Set(attribute, 0);
    });

    private static void Allocate(DriverContext context, DriverMemoryPool pool, ulong* address, nuint bytes, nint stream)
    {
        Abi.Required(address, nameof(address));
        RequireNoRecording(context, stream);
        Abi.Require(pool.Device == context.Device.Ordinal, "the pool belongs to another device");
        *address = context.Allocate(bytes);
        pool.RecordAllocation(*address, bytes);
    }

    /// <summary>Allocations as nodes of a graph are not supported.</summary>
    private static void RequireNoRecording(DriverContext context, nint stream)
        => Abi.Require(context.Stream(stream).Capture is null, "allocations in a stream that is being captured are not supported",
            CudaError.NotSupported);

    private static DriverMemoryPool Pool(nint handle) => HandleTable.Get<DriverMemoryPool>(handle, CudaError.InvalidValue);
}
