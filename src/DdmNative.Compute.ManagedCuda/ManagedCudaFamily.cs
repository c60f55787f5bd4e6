using System.Globalization;
using DdmNative.Compute.Cuda;

namespace DdmNative.Compute.ManagedCuda;

/// <summary>NVIDIA GPUs through ManagedCuda: <c>managedcuda</c> (the first) and <c>managedcuda:N</c>.</summary>
public sealed class ManagedCudaFamily : IDeviceFamily
{
    /// <summary>The family's name in <c>--device</c>.</summary>
    public const string FamilyName = "managedcuda";

    public string Name => FamilyName;

    public string Usage => "managedcuda, managedcuda:N";

    public IReadOnlyList<string> CommonNames { get; } = ["managedcuda"];

    public IReadOnlyList<string> Precisions => PrecisionNames.All;

    public IReadOnlyList<DeviceListing> ListDevices()
        => [.. CudaDeviceFacts.ReadAll(new ManagedCudaDriver())
            .Select(facts => new DeviceListing($"{FamilyName}:{facts.Ordinal}", $"{facts.Description}, through ManagedCuda"))];

    public Device Open(string which, string precision)
    {
        int ordinal = 0;
        if (which.Length > 0 && !int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out ordinal))
            throw new DeviceUnavailableException($"unknown device '{FamilyName}:{which}'; expected {Usage}. `ddm devices` describes them.");
        return new CudaDevice(new ManagedCudaDriver(), ordinal, PrecisionNames.Find(precision)
            ?? throw new ArgumentException($"no precision '{precision}'", nameof(precision)));
    }
}
