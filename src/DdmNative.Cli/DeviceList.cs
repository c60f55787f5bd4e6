using System.Globalization;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Split;

namespace DdmNative.Cli;

/// <summary>Opens the device that <c>--device</c> names.</summary>
internal static class DeviceList
{
    /// <summary>
    /// Opens a device by its name: <c>cpu</c>, <c>cuda</c> (the first), or <c>cuda:1</c>. <c>cuda:0,1</c> and <c>cuda:all</c> divide the
    /// ensemble. The opt-in families of this build add names.
    /// </summary>
    /// <exception cref="DeviceException">There is no device with that name, or this build lacks its family.</exception>
    /// <exception cref="DeviceUnavailableException">This machine has no such device.</exception>
    /// <exception cref="BadUsageException">The number of threads or the precision is not supported.</exception>
    public static Device Open(string name, int? threads, string? precision = null)
    {
        if (threads is < 1 or > 1024)
            throw new BadUsageException($"--threads: found {threads}, expected a whole number from 1 to 1024.");
        if (DeviceFamilies.Find(name, DeviceFamilies.BuiltIn) is IDeviceFamily family)
            return DeviceFamilies.Open(family, name, precision);
        Precision products = PrecisionOf(precision);
        if (name == "cpu")
        {
            return products == Precision.Fp32
                ? OpenCpu(threads ?? Environment.ProcessorCount)
                : throw new BadUsageException($"--precision: found {precision}, expected fp32: the cpu device has no tensor cores.");
        }
        int[] ordinals = OrdinalsOf(name);
        return ordinals.Length == 1 ? new CudaDevice(ordinals[0], products) : OpenTogether(ordinals, products);
    }

    /// <summary>For each CUDA device in the given device: the peak memory use, in bytes.</summary>
    public static IEnumerable<(string Name, long Bytes)> MemoryUse(Device device)
    {
        IEnumerable<Device> devices = device is SplitDevice split ? split.Devices : [device];
        return devices.OfType<CudaDevice>().Select(cuda => (cuda.Name, cuda.HighWaterBytes));
    }

    private static CpuDevice OpenCpu(int threads)
    {
        try
        {
            return new CpuDevice(threads, CpuCaches.Read());
        }
        catch (FormatException fault)
        {
            throw new BadUsageException(fault.Message);
        }
    }

    private static SplitDevice OpenTogether(int[] ordinals, Precision products)
    {
        var devices = new List<Device>();
        try
        {
            foreach (int ordinal in ordinals)
                devices.Add(new CudaDevice(ordinal, products));
            return new SplitDevice(devices);
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }
    }

    private static int[] OrdinalsOf(string name)
    {
        if (name == "cuda")
            return [0];
        if (name == "cuda:all")
            return [.. CudaDeviceFacts.ReadAll().Select(facts => facts.Ordinal)];
        string[] parts = name.StartsWith("cuda:", StringComparison.Ordinal) ? name[5..].Split(',') : [];
        var ordinals = new List<int>();
        foreach (string part in parts)
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
                throw Unknown(name);
            if (ordinals.Contains(ordinal))
                throw new DeviceException($"--device {name}: cuda:{ordinal} is listed twice; list each device once.");
            ordinals.Add(ordinal);
        }
        return ordinals.Count > 0 ? [.. ordinals] : throw Unknown(name);
    }

    private static DeviceException Unknown(string name)
        => new($"unknown device '{name}'; expected cpu, cuda, cuda:N, cuda:N,M or "
            + $"cuda:all{string.Concat(DeviceFamilies.BuiltIn.Select(family => $", {family.Usage}"))}. `ddm devices` describes them.");

    private static Precision PrecisionOf(string? precision)
        => PrecisionNames.Find(precision ?? PrecisionNames.All[0])
            ?? throw new BadUsageException($"--precision: found '{precision}', expected fp32, tf32 or tf32x3.");
}
