using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The process's driver, initialised by cuInit.</summary>
internal static class EmulatedDriver
{
    /// <summary>CUDA 12.4: functions are found by the names that they have in this version.</summary>
    public const int Version = 12040;

    private static readonly Lock Gate = new();
    private static DriverDevice[]? _devices;

    /// <summary>Whether refused calls are reported on standard error, not only faults.</summary>
    public static bool Log { get; private set; }

    public static IReadOnlyList<DriverDevice> Devices
        => _devices ?? throw new EmulatorException(CudaError.NotInitialized, "cuInit has not been called");

    public static void Initialise()
    {
        lock (Gate)
        {
            if (_devices is not null)
                return;
            DriverSettings settings = DriverSettings.FromEnvironment();
            Log = settings.Log;
            if (settings.Devices == 0)
                throw new EmulatorException(CudaError.NoDevice, $"{DriverSettings.DevicesVariable} is 0");
            _devices = [.. Enumerable.Range(0, settings.Devices).Select(ordinal => new DriverDevice(ordinal, settings))];
            if (settings.ReportFile is { } file)
                ReportAtExit.Register(file);
        }
    }

    /// <exception cref="EmulatorException">There is no such device.</exception>
    public static DriverDevice Device(int ordinal)
    {
        IReadOnlyList<DriverDevice> all = Devices;
        return (uint)ordinal < (uint)all.Count ? all[ordinal]
            : throw new EmulatorException(CudaError.InvalidDevice, $"device {ordinal}, but there are {all.Count}, numbered from 0");
    }
}
