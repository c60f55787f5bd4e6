using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Called by <c>entry_points.c</c> for functions of the driver API that the emulator does not implement.</summary>
internal static unsafe class NotImplemented
{
    [UnmanagedCallersOnly(EntryPoint = "ddmCudaEmulatorNotImplemented")]
    public static CudaError ddmCudaEmulatorNotImplemented(byte* name)
        => Abi.Call(() => throw new EmulatorException(CudaError.NotSupported, $"{Text(name)} is not implemented by the emulator"));

    [UnmanagedCallersOnly(EntryPoint = "ddmCudaEmulatorTooOld")]
    public static CudaError ddmCudaEmulatorTooOld(byte* name) => Abi.Call(() => throw new EmulatorException(
        CudaError.InvalidContext,
        $"{Text(name)} is the version from before CUDA 3.2, with addresses of 32 bits; expected its version _v2"));

    private static string? Text(byte* name) => Marshal.PtrToStringUTF8((nint)name);
}
