using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda.Driver;

/// <summary>The counters of the CUDA emulator since it was loaded, from a function that only the emulator exports.</summary>
public static unsafe class EmulatorReport
{
    private const string Function = "ddmCudaEmulatorWriteReport";

    /// <summary>One device's counters as JSON (docs/cuda-emulator.md, "The counters"), or null if the driver is not the emulator.</summary>
    /// <param name="ordinal">The driver's index of a device that this process has opened.</param>
    /// <exception cref="CudaUnavailableException">There is no driver.</exception>
    /// <exception cref="IOException">The report could not be written to a temporary file.</exception>
    public static string? Read(int ordinal)
    {
        if (!NativeLibrary.TryGetExport(CudaLibrary.Handle, Function, out nint function))
            return null;
        // The emulator writes a file for every device in use: the file of device 0 has the given name, those of other devices have their
        // index appended.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ddm-counters-");
        string path = Path.Combine(folder.FullName, "counters.json");
        nint text = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            int result = ((delegate* unmanaged<byte*, int>)function)((byte*)text);
            return result == 0 ? File.ReadAllText(ordinal == 0 ? path : $"{path}.{ordinal}")
                : throw new IOException($"The CUDA emulator could not write its counters to {path}: error {result}.");
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
            folder.Delete(recursive: true);
        }
    }
}
