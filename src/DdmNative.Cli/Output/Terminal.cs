namespace DdmNative.Cli.Output;

/// <summary>What standard error is connected to.</summary>
internal static class Terminal
{
    /// <summary>Whether a line there can be drawn over again: a terminal, but neither a dumb one nor a build server's.</summary>
    public static bool CanRedraw
        => !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        && Environment.GetEnvironmentVariable("CI") is null or "" or "false" or "0";
}
