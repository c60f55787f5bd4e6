using System.Reflection;
using DdmNative.Compute;
using DdmNative.Compute.Ilgpu;

namespace DdmNative.Cli;

/// <summary>
/// The families of devices beside <c>cpu</c> and <c>cuda</c>: ILGPU's, which every build has, and the opt-in ones (docs/gpu-packages.md).
/// </summary>
/// <remarks>
/// A build with an opt-in family names it in this assembly's metadata, <c>DeviceFamily:name = type, assembly</c>. The project file writes
/// that entry under the condition that also adds the project reference, so no code here refers to a type that a default build lacks.
/// </remarks>
internal static class DeviceFamilies
{
    private const string MetadataPrefix = "DeviceFamily:";

    /// <summary>The names of the families that a build has only if it asks for them.</summary>
    public static IReadOnlyList<string> OptIn { get; } = ["managedcuda"];

    /// <summary>The families of this build.</summary>
    public static IReadOnlyList<IDeviceFamily> BuiltIn { get; } = [new IlgpuFamily(), .. ReadMetadata(typeof(DeviceFamilies).Assembly)];

    /// <summary>The family that a device's name begins with; null if the name belongs to no family.</summary>
    /// <exception cref="DeviceException">The name belongs to an opt-in family that this build does not have.</exception>
    public static IDeviceFamily? Find(string device, IReadOnlyList<IDeviceFamily> builtIn)
    {
        string name = device.Split(':', 2)[0];
        if (builtIn.FirstOrDefault(family => family.Name == name) is IDeviceFamily found)
            return found;
        return OptIn.Contains(name)
            ? throw new DeviceException(
                $"device '{device}': this ddm was built without {name}. Build it with -p:GpuPackages={name} (docs/gpu-packages.md), "
                + "or use --device cpu or cuda.")
            : null;
    }

    /// <summary>Opens a device of a family.</summary>
    /// <exception cref="BadUsageException">The family does not have that precision.</exception>
    /// <exception cref="DeviceUnavailableException">The family does not have that device.</exception>
    public static Device Open(IDeviceFamily family, string device, string? precision)
    {
        if (precision is not null && !family.Precisions.Contains(precision))
        {
            throw new BadUsageException(
                $"--precision: found '{precision}', expected {string.Join(" or ", family.Precisions)}, which {family.Name} devices have.");
        }
        string[] parts = device.Split(':', 2);
        return family.Open(parts.Length == 2 ? parts[1] : "", precision ?? family.Precisions[0]);
    }

    /// <summary>Creates the families that an assembly's metadata names.</summary>
    /// <exception cref="InvalidOperationException">There is no such type: the project file is wrong.</exception>
    private static IEnumerable<IDeviceFamily> ReadMetadata(Assembly assembly)
        => assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(entry => entry.Key.StartsWith(MetadataPrefix, StringComparison.Ordinal))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (IDeviceFamily)Activator.CreateInstance(
                Type.GetType(entry.Value!, throwOnError: false)
                    ?? throw new InvalidOperationException($"{entry.Key}: the type '{entry.Value}' is not in this build."))!);
}
