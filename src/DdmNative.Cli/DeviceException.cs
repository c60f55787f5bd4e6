namespace DdmNative.Cli;

/// <summary>There is no device with that name.</summary>
public sealed class DeviceException(string message) : Exception(message);
