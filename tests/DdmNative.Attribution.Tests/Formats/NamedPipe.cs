using System.Diagnostics;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>Creates named pipes.</summary>
internal static class NamedPipe
{
    public static void Create(string path)
    {
        using Process process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
