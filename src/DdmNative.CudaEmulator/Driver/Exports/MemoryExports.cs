using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Memory of devices and of the host (CUDA Driver API, "Memory Management").</summary>
internal static unsafe class MemoryExports
{
    private const uint PitchAlignment = 512;

    [UnmanagedCallersOnly(EntryPoint = "cuMemGetInfo_v2")]
    public static CudaError cuMemGetInfo(nuint* free, nuint* total) => Abi.InContext(context =>
    {
        if (free != null)
            *free = (nuint)context.Memory.FreeMemory;
        if (total != null)
            *total = (nuint)context.Memory.TotalMemory;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemAlloc_v2")]
    public static CudaError cuMemAlloc(ulong* address, nuint bytes) => Abi.InContext(context =>
    {
        Abi.Required(address, nameof(address));
        context.RequireNoCapture("cuMemAlloc");
        *address = context.Allocate(bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemAllocPitch_v2")]
    public static CudaError cuMemAllocPitch(ulong* address, nuint* pitch, nuint width, nuint height, uint elementBytes)
    => Abi.InContext(context =>
    {
        Abi.Require(address != null && pitch != null, "an output is null");
        Abi.Require(elementBytes is 4 or 8 or 16, $"elements of {elementBytes} bytes, expected 4, 8 or 16");
        Abi.Require(width != 0 && height != 0 && width <= nuint.MaxValue / 2, "a width or height of 0");
        context.RequireNoCapture("cuMemAllocPitch");
        nuint rows = (width + PitchAlignment - 1) / PitchAlignment * PitchAlignment;
        Abi.Require(height <= nuint.MaxValue / rows, "the allocation exceeds the address space", CudaError.OutOfMemory);
        *address = context.Allocate(rows * height);
        *pitch = rows;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemFree_v2")]
    public static CudaError cuMemFree(ulong address) => Abi.InContext(context =>
    {
        context.RequireNoCapture("cuMemFree");
        context.Free(address);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemGetAddressRange_v2")]
    public static CudaError cuMemGetAddressRange(ulong* start, nuint* bytes, ulong address) => Abi.InContext(context =>
    {
        (ulong Address, ulong Bytes) found = context.Memory.FindAllocation(address)
            ?? throw new EmulatorException(CudaError.NotFound, $"0x{address:x} is not within an allocation");
        if (start != null)
            *start = found.Address;
        if (bytes != null)
            *bytes = (nuint)found.Bytes;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostAlloc")]
    public static CudaError cuMemHostAlloc(nint* memory, nuint bytes, uint flags) => Abi.InContext(_ =>
    {
        Abi.Require(flags <= 7, $"flags {flags}");
        *Abi.Required(memory, nameof(memory)) = HostMemory.Allocate(bytes, flags);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemAllocHost_v2")]
    public static CudaError cuMemAllocHost(nint* memory, nuint bytes)
    => Abi.InContext(_ => *Abi.Required(memory, nameof(memory)) = HostMemory.Allocate(bytes));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFreeHost")]
    public static CudaError cuMemFreeHost(nint memory) => Abi.Call(() => HostMemory.Free(memory));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostRegister_v2")]
    public static CudaError cuMemHostRegister(nint memory, nuint bytes, uint flags) => Abi.InContext(_ =>
    {
        Abi.Require(flags <= 15, $"flags {flags}");
        HostMemory.Register(memory, bytes);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostUnregister")]
    public static CudaError cuMemHostUnregister(nint memory) => Abi.Call(() => HostMemory.Unregister(memory));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostGetFlags")]
    public static CudaError cuMemHostGetFlags(uint* flags, nint memory) => Abi.InContext(_ =>
    {
        (nint Memory, nuint Bytes, uint Flags)? found = HostMemory.Find(memory);
        Abi.Require(found is not null, $"0x{memory:x} is not host memory that cuMemHostAlloc allocated");
        *Abi.Required(flags, nameof(flags)) = found!.Value.Flags;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuPointerGetAttribute")]
    public static CudaError cuPointerGetAttribute(void* data, int attribute, ulong address) => Abi.InContext(context =>
    {
        Abi.Require(data != null, "data is null");
        if (!PointerAttributes.TryWrite(context, attribute, address, data))
            throw new EmulatorException(CudaError.InvalidValue, $"0x{address:x} is not known to the driver");
    });

    /// <summary>Several attributes at once; all are 0 for an address that the driver does not know.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuPointerGetAttributes")]
    public static CudaError cuPointerGetAttributes(uint count, int* attributes, void** data, ulong address) => Abi.InContext(context =>
    {
        Abi.Require(count > 0 && attributes != null && data != null, "no attributes, or null");
        for (uint i = 0; i < count; i++)
        {
            Abi.Require(data[i] != null, $"the output of attribute {attributes[i]} is null");
            if (!PointerAttributes.TryWrite(context, attributes[i], address, data[i]))
                new Span<byte>(data[i], PointerAttributes.Bytes(attributes[i])).Clear();
        }
    });
}
