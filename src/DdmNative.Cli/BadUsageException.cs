namespace DdmNative.Cli;

/// <summary>Each option is valid alone, but the combination is not.</summary>
public sealed class BadUsageException(string message) : Exception(message);
