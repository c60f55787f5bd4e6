using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>Page-locked host memory, which is ordinary host memory here; kernels cannot access it.</summary>
internal static unsafe class HostMemory
{
    private const nuint Page = 4096;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<nint, (nuint Bytes, uint Flags)> Allocated = [];
    private static readonly SortedList<nint, nuint> Registered = [];

    public static nint Allocate(nuint bytes, uint flags = 0)
    {
        Abi.Require(bytes != 0, "an allocation of 0 bytes of host memory");
        nint memory = (nint)NativeMemory.AlignedAlloc((bytes + Page - 1) / Page * Page, Page);
        lock (Gate)
            Allocated.Add(memory, (bytes, flags));
        return memory;
    }

    public static void Free(nint memory)
    {
        lock (Gate)
            Abi.Require(Allocated.Remove(memory), $"0x{memory:x} is not host memory that cuMemHostAlloc allocated");
        NativeMemory.AlignedFree((void*)memory);
    }

    /// <summary>The allocation that contains an address, with the flags it was created with; null if none does.</summary>
    public static (nint Memory, nuint Bytes, uint Flags)? Find(nint address)
    {
        lock (Gate)
        {
            foreach ((nint memory, (nuint bytes, uint flags)) in Allocated)
            {
                if (address >= memory && (nuint)(address - memory) < bytes)
                    return (memory, bytes, flags);
            }
        }

        return null;
    }

    public static void Register(nint memory, nuint bytes)
    {
        Abi.Require(memory != 0 && bytes != 0, "null or 0 bytes to register");
        lock (Gate)
        {
            bool overlaps = Registered.Any(range => (nuint)memory < (nuint)range.Key + range.Value
                && (nuint)range.Key < (nuint)memory + bytes);
            Abi.Require(!overlaps, $"some of {bytes} bytes at 0x{memory:x} are registered", CudaError.HostMemoryAlreadyRegistered);
            Registered.Add(memory, bytes);
        }
    }

    public static void Unregister(nint memory)
    {
        lock (Gate)
            Abi.Require(Registered.Remove(memory), $"0x{memory:x} is not registered", CudaError.HostMemoryNotRegistered);
    }
}
