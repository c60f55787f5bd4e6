using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// Writes the counters when the process ends: those of device 0 to the file that <c>DDM_CUDA_EMULATOR_REPORT</c> names, those of device n
/// to the same name with <c>.n</c> appended.
/// </summary>
internal static unsafe partial class ReportAtExit
{
    private static string? _file;

    public static void Register(string path)
    {
        _file = Path.GetFullPath(path);
        // A native AOT library is not notified when its process ends, so the C library's exit handlers are used.
        if (AtExit(&Exit, 0, 0) != 0)
            Console.Error.WriteLine($"CUDA emulator: {path} will not be written: the C library accepts no more exit handlers.");
    }

    /// <summary>Writes the counters so far.</summary>
    public static void Write(string path)
    {
        foreach (DriverDevice device in EmulatedDriver.Devices.Where(device => device.IsInUse))
            device.Emulated.Counters.Write(device.Ordinal == 0 ? path : $"{path}.{device.Ordinal}");
    }

    [UnmanagedCallersOnly]
    private static void Exit(nint argument)
    {
        try
        {
            Write(_file!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"CUDA emulator: the report {_file} cannot be written: {e.Message}");
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"CUDA emulator: the report failed: {e}");
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "__cxa_atexit")]
    private static partial int AtExit(delegate* unmanaged<nint, void> function, nint argument, nint library);
}
