using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// One GPU: memory, modules and the execution of kernels, which has ended when <see cref="Launch"/> returns. Calls must not overlap a
/// launch that uses the same memory; device addresses are not host addresses.
/// </summary>
public sealed unsafe class EmulatedDevice(EmulatorOptions options) : IDisposable
{
    private readonly DeviceMemory _memory = new(options.MemoryBytes);

    public EmulatorOptions Options { get; } = options;

    public ulong TotalMemory => _memory.Capacity;

    public ulong FreeMemory => _memory.Capacity - _memory.Used;

    public CounterReport Counters { get; } = new(options.KeptLaunches);

    internal DeviceMemory Memory => _memory;

    /// <summary>Allocates uninitialised memory; its address is a multiple of 512.</summary>
    /// <exception cref="EmulatorException">InvalidValue for 0 bytes, OutOfMemory.</exception>
    public ulong Allocate(ulong bytes) => _memory.Allocate(bytes).Address;

    /// <exception cref="EmulatorException">InvalidValue: not the address of an allocation, or already freed.</exception>
    public void Free(ulong address) => _memory.Free(address);

    /// <summary>The allocation that contains an address; null if none does.</summary>
    public (ulong Address, ulong Bytes)? FindAllocation(ulong address)
        => _memory.Find(address) is { } found && found.Holds(address, 1) ? (found.Address, found.Bytes) : null;

    public void CopyIn(ulong destination, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
            return;
        source.CopyTo(new Span<byte>(_memory.Resolve(destination, (ulong)source.Length, out Allocation allocation), source.Length));
        allocation.Initialised.Mark(destination - allocation.Address, (ulong)source.Length);
    }

    public void CopyOut(Span<byte> destination, ulong source)
    {
        if (!destination.IsEmpty)
            new ReadOnlySpan<byte>(_memory.Resolve(source, (ulong)destination.Length, out _), destination.Length).CopyTo(destination);
    }

    /// <summary>Copies device memory to device memory; uninitialised bytes remain uninitialised.</summary>
    public void CopyWithin(ulong destination, ulong source, ulong bytes)
    {
        if (bytes == 0)
            return;
        byte* from = _memory.Resolve(source, bytes, out Allocation sourceAllocation),
            to = _memory.Resolve(destination, bytes, out Allocation target);
        Buffer.MemoryCopy(from, to, bytes, bytes);
        target.Initialised.CopyFrom(sourceAllocation.Initialised, source - sourceAllocation.Address, destination - target.Address, bytes);
    }

    /// <summary>Writes a pattern of 1, 2 or 4 bytes <paramref name="count"/> times.</summary>
    public void Fill(ulong address, uint pattern, int width, ulong count)
    {
        if (width is not (1 or 2 or 4) || address % (ulong)width != 0)
            throw new EmulatorException(CudaError.InvalidValue,
                $"a fill of 0x{address:x} by {width} bytes, expected 1, 2 or 4 and an address that is a multiple of it");
        if (count == 0)
            return;
        if (count > _memory.Capacity)
            throw new EmulatorException(CudaError.InvalidValue, $"a fill of {count} elements, more than the device has memory");
        ulong bytes = count * (ulong)width;
        byte* to = _memory.Resolve(address, bytes, out Allocation allocation);
        for (ulong i = 0; i < bytes; i += (ulong)width)
        {
            if (width == 1)
                to[i] = (byte)pattern;
            else if (width == 2)
                *(ushort*)(to + i) = (ushort)pattern;
            else
                *(uint*)(to + i) = pattern;
        }

        allocation.Initialised.Mark(address - allocation.Address, bytes);
    }

    /// <summary>Allocates the module's variables and decodes its functions.</summary>
    /// <exception cref="EmulatorException">NoBinaryForGpu: the module uses something that cannot be executed; OutOfMemory.</exception>
    public LoadedModule Load(PtxModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return new LoadedModule(module, this);
    }

    /// <summary>Runs a kernel to its end.</summary>
    /// <param name="kernel">A kernel of this device.</param>
    /// <param name="grid">Extent in blocks.</param>
    /// <param name="block">Extent in threads of each block.</param>
    /// <param name="dynamicSharedBytes">Bytes of <c>extern __shared__</c> memory.</param>
    /// <param name="parameterBytes">The parameters as the kernel lays them out, <see cref="LoadedKernel.ParameterBytes"/> long.</param>
    /// <exception cref="EmulatorException">
    /// InvalidValue or LaunchOutOfResources for a shape that the device or kernel does not allow; IllegalAddress and others, with a report,
    /// for a fault of the kernel.
    /// </exception>
    public void Launch(LoadedKernel kernel, Dim3 grid, Dim3 block, int dynamicSharedBytes, ReadOnlySpan<byte> parameterBytes)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        kernel.CheckLaunch(grid, block, dynamicSharedBytes, parameterBytes.Length);
        new Launch(this, kernel, grid, block, dynamicSharedBytes, parameterBytes.ToArray()).Run();
    }

    public void Dispose() => _memory.Dispose();
}
