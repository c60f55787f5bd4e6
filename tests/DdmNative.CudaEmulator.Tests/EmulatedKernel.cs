using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests;

/// <summary>Launches a kernel on a separate emulated device, with all checks.</summary>
internal static class EmulatedKernel
{
    private static readonly EmulatorOptions Options = new() { MemoryBytes = 64 << 20, HostThreads = 1, InstructionLimit = 10_000_000 };

    /// <summary>Loads the PTX and runs one of its kernels once.</summary>
    /// <param name="ptx">The module.</param>
    /// <param name="kernel">One of its kernels.</param>
    /// <param name="grid">Extent of the grid in blocks.</param>
    /// <param name="block">Extent of a block in threads.</param>
    /// <param name="dynamicSharedBytes">Bytes of <c>extern __shared__</c>.</param>
    /// <param name="arguments">
    /// In the kernel's order: an array is copied to the device and back, and the kernel receives its address; numbers are passed by value.
    /// </param>
    public static void Run(string ptx, string kernel, (int X, int Y, int Z) grid, (int X, int Y, int Z) block, int dynamicSharedBytes,
        params object[] arguments)
    {
        using EmulatedDevice device = new(Options);
        using LoadedModule module = device.Load(PtxParser.Parse(ptx));
        LoadedKernel loaded = module.FindKernel(kernel)!;
        IReadOnlyList<PtxVariable> parameters = loaded.Function.Parameters;
        Assert.Equal(parameters.Count, arguments.Length);
        byte[] packed = new byte[loaded.ParameterBytes];
        List<(Array Values, ulong Address)> buffers = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            object value = arguments[i];
            if (value is Array values)
            {
                byte[] bytes = new byte[Buffer.ByteLength(values)];
                Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
                ulong address = device.Allocate((ulong)bytes.Length);
                device.CopyIn(address, bytes);
                buffers.Add((values, address));
                value = address;
            }

            Span<byte> place = packed.AsSpan(parameters[i].ParameterOffset, (int)parameters[i].Size);
            switch (value)
            {
                case ulong address:
                    MemoryMarshal.Write(place, address);
                    break;
                case int number:
                    MemoryMarshal.Write(place, number);
                    break;
                default:
                    MemoryMarshal.Write(place, (float)value);
                    break;
            }
        }

        device.Launch(loaded, Extents(grid), Extents(block), dynamicSharedBytes, packed);
        foreach ((Array values, ulong address) in buffers)
        {
            byte[] bytes = new byte[Buffer.ByteLength(values)];
            device.CopyOut(bytes, address);
            Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        }
    }

    private static Dim3 Extents((int X, int Y, int Z) extents) => new((uint)extents.X, (uint)extents.Y, (uint)extents.Z);
}
