using Xunit;

namespace DdmNative.CudaEmulator.Tests;

/// <summary>Launches a kernel on an emulated device of its own.</summary>
internal static class EmulatedKernel
{
    /// <param name="ptx">The module.</param>
    /// <param name="kernel">One of its kernels.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="dynamicSharedBytes">Bytes of <c>extern __shared__</c>.</param>
    /// <param name="arguments">In the kernel's order: an array is copied to the device and back into itself, its address is what the kernel gets; numbers are handed over.</param>
    public static void Run(string ptx, string kernel, (int X, int Y, int Z) grid, (int X, int Y, int Z) block, int dynamicSharedBytes, params object[] arguments) =>
        throw new SkipException($"The emulator cannot execute kernels yet: {kernel} with {arguments.Length} arguments, {grid} blocks of {block}, {dynamicSharedBytes} bytes, {ptx.Length} characters of PTX.");
}
