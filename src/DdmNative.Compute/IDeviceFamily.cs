namespace DdmNative.Compute;

/// <summary>A device that can be opened: the name that a user gives, and a description of one line.</summary>
public readonly record struct DeviceListing(string Name, string Description);

/// <summary>
/// Devices of one kind, selected by what follows the family's name: <c>family</c> or <c>family:which</c>. An opt-in backend implements this
/// interface (docs/gpu-packages.md); the program's project file names the type, which needs a constructor without parameters.
/// </summary>
public interface IDeviceFamily
{
    /// <summary>The word before the colon, in lower case.</summary>
    string Name { get; }

    /// <summary>The names of its devices, for messages: <c>managedcuda, managedcuda:N</c>.</summary>
    string Usage { get; }

    /// <summary>The names that a shell should propose: <c>ilgpu</c>, <c>ilgpu:cpu</c>.</summary>
    IReadOnlyList<string> CommonNames { get; }

    /// <summary>The precisions in which its devices can multiply, the default first.</summary>
    IReadOnlyList<string> Precisions { get; }

    /// <summary>Every device of the family on this machine.</summary>
    /// <exception cref="DeviceUnavailableException">There is none; the message says why.</exception>
    IReadOnlyList<DeviceListing> ListDevices();

    /// <summary>Opens a device.</summary>
    /// <param name="which">What follows the colon; empty for the family's first device.</param>
    /// <param name="precision">One of <see cref="Precisions"/>.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device; the message says which there are.</exception>
    Device Open(string which, string precision);
}
