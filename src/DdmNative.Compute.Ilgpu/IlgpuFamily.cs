using ILGPU.Runtime;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// The accelerators that ILGPU finds on this machine: <c>ilgpu:cuda</c>, <c>ilgpu:opencl</c>, <c>ilgpu:cpu</c>, further ones of a kind by
/// number, <c>ilgpu:cuda:1</c>. <c>ilgpu</c> alone is the first accelerator; GPUs come before the CPU.
/// </summary>
public sealed class IlgpuFamily : IDeviceFamily
{
    public string Name => "ilgpu";

    public string Usage => "ilgpu:cuda, ilgpu:opencl or ilgpu:cpu, each with :N for the N-th";

    public IReadOnlyList<string> CommonNames { get; } = ["ilgpu", "ilgpu:cuda", "ilgpu:opencl", "ilgpu:cpu"];

    public IReadOnlyList<string> Precisions { get; } = ["fp32"];

    public IReadOnlyList<DeviceListing> ListDevices()
    {
        try
        {
            using var accelerators = new Accelerators();
            return [.. accelerators.Found.Select(found => new DeviceListing(found.Name, IlgpuDevice.Describe(found.Device)))];
        }
        catch (Exception e) when (IsFailureOfIlgpu(e))
        {
            throw new DeviceUnavailableException($"ILGPU cannot list its devices: {e.Message}", e);
        }
    }

    public Device Open(string which, string precision)
    {
        Accelerators? accelerators = null;
        try
        {
            accelerators = new Accelerators();
            return new IlgpuDevice(accelerators, accelerators.Find(which));
        }
        catch (Exception e)
        {
            accelerators?.Dispose();
            if (!IsFailureOfIlgpu(e))
                throw;
            throw new DeviceUnavailableException(
                $"ILGPU cannot open ilgpu:{which}: {e.Message} `ddm devices` lists its devices; --device cpu works on every machine.", e);
        }
    }

    /// <summary>Whether ILGPU, or a driver that it calls, failed: a driver may be missing, damaged or too old.</summary>
    private static bool IsFailureOfIlgpu(Exception e)
        => e is AcceleratorException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException
            or BadImageFormatException;
}
