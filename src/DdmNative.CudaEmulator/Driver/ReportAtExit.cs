using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>Writes the counters when the process ends: of device 0 to the file that <c>DDM_CUDA_EMULATOR_REPORT</c> names, of device n to the same with <c>.n</c> after it.</summary>
internal static unsafe partial class ReportAtExit
{
    private static string? _file;

    public static void Register(string path)
    {
        _file = Path.GetFullPath(path);
        // A library by native AOT is not told of the end of its process, so the C library is asked to.
        if (AtExit(&Exit, 0, 0) != 0)
            Console.Error.WriteLine($"CUDA emulator: {path} will not be written, since the C library takes no more functions to call at the exit.");
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
