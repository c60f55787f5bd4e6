namespace DdmNative.Gallery;

/// <summary>A command of ddm ended with an error.</summary>
internal sealed class DdmFailedException(string command, int exitCode) : Exception($"this command failed: {command}")
{
    public int ExitCode { get; } = exitCode;
}
