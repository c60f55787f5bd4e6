namespace DdmNative.Cli;

/// <summary>There is no device of that name.</summary>
public sealed class DeviceException(string message) : Exception(message);
