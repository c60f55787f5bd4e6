using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>What <c>entry_points.c</c> calls for the functions of the driver API that the emulator does not have.</summary>
internal static unsafe class NotDone
{
    [UnmanagedCallersOnly(EntryPoint = "ddmCudaEmulatorNotDone")]
    public static CudaError ddmCudaEmulatorNotDone(byte* name)
        => Abi.Call(() => throw new EmulatorException(CudaError.NotSupported, $"{Text(name)} is not done by the emulator"));

    [UnmanagedCallersOnly(EntryPoint = "ddmCudaEmulatorTooOld")]
    public static CudaError ddmCudaEmulatorTooOld(byte* name) => Abi.Call(() => throw new EmulatorException(
        CudaError.InvalidContext, $"{Text(name)} is that of before CUDA 3.2, with addresses of 32 bits; expected its version _v2"));

    private static string? Text(byte* name) => Marshal.PtrToStringUTF8((nint)name);
}
