using System.Reflection;
using DdmNative.Compute;

namespace DdmNative.Cli;

/// <summary>
/// The opt-in families of devices (docs/gpu-packages.md). Those that were built in stand in this assembly's metadata, <c>DeviceFamily:name = type, assembly</c>, where the project file
/// writes them under the condition that brings in the package; so nothing here refers to a type that a default build lacks.
/// </summary>
internal static class DeviceFamilies
{
    private const string MetadataPrefix = "DeviceFamily:";

    /// <summary>Every family that a build can carry.</summary>
    public static IReadOnlyList<string> OptIn { get; } = ["ilgpu", "managedcuda"];

    /// <summary>The families of this build.</summary>
    public static IReadOnlyList<IDeviceFamily> BuiltIn { get; } = [.. Of(typeof(DeviceFamilies).Assembly)];

    /// <summary>The family that a device's name begins with; null where it is none of the opt-in ones.</summary>
    /// <exception cref="DeviceException">It is an opt-in family that this build does not carry.</exception>
    public static IDeviceFamily? Find(string device, IReadOnlyList<IDeviceFamily> builtIn)
    {
        string name = device.Split(':', 2)[0];
        if (builtIn.FirstOrDefault(family => family.Name == name) is IDeviceFamily found)
            return found;
        return OptIn.Contains(name)
            ? throw new DeviceException($"device '{device}': this ddm was built without {name}. For it, build with -p:GpuPackages=true (docs/gpu-packages.md), or use --device cpu or cuda.")
            : null;
    }

    /// <summary>Opens a device of a family.</summary>
    /// <exception cref="BadUsageException">The family has no such precision.</exception>
    /// <exception cref="DeviceUnavailableException">The family has no such device.</exception>
    public static Device Open(IDeviceFamily family, string device, string? precision)
    {
        if (precision is not null && !family.Precisions.Contains(precision))
            throw new BadUsageException($"--precision: found '{precision}', expected {string.Join(" or ", family.Precisions)}, which {family.Name} devices have.");
        string[] parts = device.Split(':', 2);
        return family.Open(parts.Length == 2 ? parts[1] : "", precision ?? family.Precisions[0]);
    }

    /// <summary>The families that an assembly's metadata names.</summary>
    /// <exception cref="InvalidOperationException">A type is not there or is no family: the project file is wrong.</exception>
    private static IEnumerable<IDeviceFamily> Of(Assembly assembly)
        => assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(entry => entry.Key.StartsWith(MetadataPrefix, StringComparison.Ordinal))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (IDeviceFamily)Activator.CreateInstance(
                Type.GetType(entry.Value!, throwOnError: false) ?? throw new InvalidOperationException($"{entry.Key}: the type '{entry.Value}' is not in this build."))!);
}
