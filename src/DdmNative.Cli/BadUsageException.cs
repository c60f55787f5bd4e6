namespace DdmNative.Cli;

/// <summary>The options are understood one by one but do not make sense together.</summary>
public sealed class BadUsageException(string message) : Exception(message);
