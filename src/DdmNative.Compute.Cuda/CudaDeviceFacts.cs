using System.Globalization;
using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda;

/// <summary>What the driver reports about one device.</summary>
/// <param name="Ordinal">N in <c>cuda:N</c>.</param>
/// <param name="Model">The manufacturer's name for it.</param>
/// <param name="ComputeCapability">10 · major + minor.</param>
/// <param name="MemoryBytes">Its total memory.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="DriverVersion">The CUDA version that the driver supports, 1000 · major + 10 · minor.</param>
public sealed record CudaDeviceFacts(int Ordinal, string Model, int ComputeCapability, long MemoryBytes, int Multiprocessors,
    int DriverVersion)
{
    /// <summary>Whether it is a CUDA emulator, which has the word in its name.</summary>
    public bool IsEmulator => Model.Contains("emulator", StringComparison.OrdinalIgnoreCase);

    /// <summary>One line for people.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Model}, compute capability {ComputeCapability / 10}.{ComputeCapability % 10}, {Multiprocessors} multiprocessors, "
        + $"{MemoryBytes / (double)(1 << 30):0.#} GiB, driver for CUDA "
        + $"{DriverVersion / 1000}.{DriverVersion % 1000 / 10}{(IsEmulator ? " (an emulator on the CPU, for tests: no GPU)" : "")}");

    /// <summary>Every CUDA device of this machine.</summary>
    /// <exception cref="CudaUnavailableException">There is none; the message says why.</exception>
    public static IReadOnlyList<CudaDeviceFacts> ReadAll() => ReadAll(new NativeCudaDriver());

    /// <summary>Every device of a driver.</summary>
    /// <exception cref="CudaUnavailableException">There is none.</exception>
    internal static IReadOnlyList<CudaDeviceFacts> ReadAll(ICudaDriver driver)
    {
        driver.Initialize();
        return [.. Enumerable.Range(0, driver.DeviceCount()).Select(ordinal => Read(driver, ordinal))];
    }

    internal static CudaDeviceFacts Read(ICudaDriver driver, int ordinal)
    {
        int device = driver.Device(ordinal);
        int capability = 10 * driver.Attribute(DeviceAttribute.ComputeCapabilityMajor, device)
            + driver.Attribute(DeviceAttribute.ComputeCapabilityMinor, device);
        return new CudaDeviceFacts(
            ordinal, driver.DeviceName(device), capability, driver.TotalMemory(device),
            driver.Attribute(DeviceAttribute.Multiprocessors, device), driver.Version());
    }
}
