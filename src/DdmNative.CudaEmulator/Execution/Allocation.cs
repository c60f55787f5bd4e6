using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A block of device memory: an allocation of the host, or a variable of a module.</summary>
internal sealed unsafe class Allocation
{
    public Allocation(ulong address, ulong bytes, string? name, bool isConstant)
    {
        (Address, Bytes, Name, IsConstant) = (address, bytes, name, isConstant);
        // Rounded up so that a full row of lanes may be read at the end.
        Host = (byte*)NativeMemory.AlignedAlloc((nuint)((bytes + 255) / 256 * 256), 256);
        Initialised = new InitialisedBytes(bytes);
    }

    public ulong Address { get; }

    public ulong Bytes { get; }

    public string? Name { get; }

    public bool IsConstant { get; }

    /// <summary>The host's memory that stores its bytes; null once freed.</summary>
    public byte* Host { get; private set; }

    public bool IsFreed => Host == null;

    public InitialisedBytes Initialised { get; }

    public bool Holds(ulong address, ulong bytes)
        => address >= Address && address - Address <= Bytes && bytes <= Bytes - (address - Address) && Host != null;

    public FaultAllocation Describe() => new(Address, Bytes, Name, IsFreed);

    public void Release()
    {
        NativeMemory.AlignedFree(Host);
        Host = null;
    }
}
