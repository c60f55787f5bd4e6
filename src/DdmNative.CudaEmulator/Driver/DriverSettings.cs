using System.Globalization;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The environment's settings of the driver itself; see <see cref="EmulatorOptions"/> for those of each device.</summary>
internal sealed record DriverSettings(int Devices, (int Major, int Minor) Capability, string? ReportFile, bool Log, EmulatorOptions Options)
{
    public const string DevicesVariable = "DDM_CUDA_EMULATOR_DEVICES";
    public const string CapabilityVariable = "DDM_CUDA_EMULATOR_CAPABILITY";
    public const string ReportVariable = "DDM_CUDA_EMULATOR_REPORT";
    public const string LogVariable = "DDM_CUDA_EMULATOR_LOG";

    /// <summary>Number of launches that a report lists individually.</summary>
    private const int ReportedLaunches = 10_000;

    /// <exception cref="FormatException">The value of a variable is not valid.</exception>
    public static DriverSettings FromEnvironment()
    {
        string? report = Text(ReportVariable);
        (int Major, int Minor) capability = ComputeCapability();
        EmulatorOptions options = EmulatorOptions.FromEnvironment() with
        {
            Capability = capability,
            SharedBytesPerMultiprocessor = DeviceAttributes.SharedBytesPerMultiprocessor(capability),
        };
        return new(Count(), capability, report, Text(LogVariable) is not (null or "0"),
            report is null ? options : options with { KeptLaunches = ReportedLaunches });
    }

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;

    private static int Count()
    {
        if (Text(DevicesVariable) is not { } text)
            return 1;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= 64
            ? count
            : throw new FormatException($"{DevicesVariable} is '{text}', expected a number of devices from 0 to 64");
    }

    private static (int, int) ComputeCapability()
    {
        return (Text(CapabilityVariable) ?? "8.0") switch
        {
            "8.0" => (8, 0),
            "8.6" => (8, 6),
            "8.9" => (8, 9),
            "9.0" => (9, 0),
            string text => throw new FormatException(
                $"{CapabilityVariable} is '{text}', expected a compute capability: 8.0, 8.6, 8.9 or 9.0"),
        };
    }
}
