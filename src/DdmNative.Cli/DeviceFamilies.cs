using System.Reflection;
using DdmNative.Compute;

namespace DdmNative.Cli;

/// <summary>
/// The opt-in device families (docs/gpu-packages.md). The families of this build are listed in the assembly's metadata, as
/// <c>DeviceFamily:name = type, assembly</c>. The project file writes each entry under the condition that also adds the package, so no code
/// here refers to a type that a default build lacks.
/// </summary>
internal static class DeviceFamilies
{
    private const string MetadataPrefix = "DeviceFamily:";

    /// <summary>Every family that a build can contain.</summary>
    public static IReadOnlyList<string> OptIn { get; } = ["ilgpu", "managedcuda"];

    /// <summary>The families of this build.</summary>
    public static IReadOnlyList<IDeviceFamily> BuiltIn { get; } = [.. Read(typeof(DeviceFamilies).Assembly)];

    /// <summary>The family that a device name starts with; null if it is not an opt-in family.</summary>
    /// <exception cref="DeviceException">It is an opt-in family that this build does not contain.</exception>
    public static IDeviceFamily? Find(string device, IReadOnlyList<IDeviceFamily> builtIn)
    {
        string name = device.Split(':', 2)[0];
        if (builtIn.FirstOrDefault(family => family.Name == name) is IDeviceFamily found)
            return found;
        return OptIn.Contains(name)
            ? throw new DeviceException($"device '{device}': this ddm was built without {name}. Build with -p:GpuPackages=true (docs/gpu-packages.md), or use --device cpu or cuda.")
            : null;
    }

    /// <summary>Opens a device of a family.</summary>
    /// <exception cref="BadUsageException">The family does not support the precision.</exception>
    /// <exception cref="DeviceUnavailableException">The family has no such device.</exception>
    public static Device Open(IDeviceFamily family, string device, string? precision)
    {
        if (precision is not null && !family.Precisions.Contains(precision))
            throw new BadUsageException($"--precision: found '{precision}', expected {string.Join(" or ", family.Precisions)}, the precisions of {family.Name} devices.");
        string[] parts = device.Split(':', 2);
        return family.Open(parts.Length == 2 ? parts[1] : "", precision ?? family.Precisions[0]);
    }

    /// <summary>The families listed in an assembly's metadata.</summary>
    /// <exception cref="InvalidOperationException">A type is missing or is not a family: the project file is wrong.</exception>
    private static IEnumerable<IDeviceFamily> Read(Assembly assembly)
        => assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(entry => entry.Key.StartsWith(MetadataPrefix, StringComparison.Ordinal))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (IDeviceFamily)Activator.CreateInstance(
                Type.GetType(entry.Value!, throwOnError: false) ?? throw new InvalidOperationException($"{entry.Key}: the type '{entry.Value}' is not in this build."))!);
}
