using System.Globalization;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli;

/// <summary>From what <c>--device</c> says to a device.</summary>
internal static class DeviceList
{
    /// <summary>Opens a device by its name: <c>cpu</c>, <c>cuda</c> (the first), <c>cuda:1</c>.</summary>
    /// <exception cref="DeviceException">There is none of that name.</exception>
    /// <exception cref="CudaUnavailableException">There is no such CUDA device on this machine.</exception>
    /// <exception cref="BadUsageException">The number of threads or the precision is not possible.</exception>
    public static Device Open(string name, int? threads, string? precision = null)
    {
        if (threads is < 1 or > 1024)
            throw new BadUsageException($"--threads: found {threads}, expected a whole number from 1 to 1024.");
        Precision products = PrecisionOf(precision);
        if (name == "cpu")
        {
            return products == Precision.Fp32
                ? new CpuDevice(threads ?? Environment.ProcessorCount)
                : throw new BadUsageException($"--precision: found {precision}, expected fp32: the cpu device has no tensor cores.");
        }
        return new CudaDevice(OrdinalOf(name), products);
    }

    private static int OrdinalOf(string name)
    {
        if (name == "cuda")
            return 0;
        return name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
            ? ordinal
            : throw new DeviceException($"unknown device '{name}'; expected cpu, cuda or cuda:N. `ddm devices` describes them.");
    }

    private static Precision PrecisionOf(string? precision) => precision switch
    {
        null or "fp32" => Precision.Fp32,
        "tf32" => Precision.Tf32,
        "tf32x3" => Precision.Tf32x3,
        _ => throw new BadUsageException($"--precision: found '{precision}', expected fp32, tf32 or tf32x3."),
    };
}
