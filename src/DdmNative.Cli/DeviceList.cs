using DdmNative.Compute;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli;

/// <summary>The devices of this build.</summary>
internal static class DeviceList
{
    public static IReadOnlyList<string> Names { get; } = ["cpu"];

    /// <summary>Opens a device by its name.</summary>
    /// <exception cref="DeviceException">There is none of that name.</exception>
    /// <exception cref="BadUsageException">The number of threads is not possible.</exception>
    public static Device Open(string name, int? threads)
    {
        if (threads is < 1 or > 1024)
            throw new BadUsageException($"--threads: found {threads}, expected a whole number from 1 to 1024.");
        return name == "cpu"
            ? new CpuDevice(threads ?? Environment.ProcessorCount)
            : throw new DeviceException($"unknown device '{name}'; this build has {string.Join(", ", Names)}. `ddm devices` describes them.");
    }
}
