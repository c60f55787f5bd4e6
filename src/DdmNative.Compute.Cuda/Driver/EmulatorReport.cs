using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda.Driver;

/// <summary>What the CUDA emulator counted since it was loaded, by its own function beside the driver's: no GPU's driver has it.</summary>
public static unsafe class EmulatorReport
{
    private const string Function = "ddmCudaEmulatorWriteReport";

    /// <summary>The counters as JSON (docs/cuda-emulator.md, "Reading a report"), or null where the driver in use is no emulator.</summary>
    /// <exception cref="CudaUnavailableException">There is no driver.</exception>
    /// <exception cref="IOException">The report could not be written to a temporary file.</exception>
    public static string? Read()
    {
        if (!NativeLibrary.TryGetExport(CudaLibrary.Handle, Function, out nint function))
            return null;
        string path = Path.GetTempFileName();
        try
        {
            nint text = Marshal.StringToCoTaskMemUTF8(path);
            int result = ((delegate* unmanaged<byte*, int>)function)((byte*)text);
            Marshal.FreeCoTaskMem(text);
            return result == 0 ? File.ReadAllText(path) : throw new IOException($"The CUDA emulator could not write its counters to {path}: error {result}.");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
