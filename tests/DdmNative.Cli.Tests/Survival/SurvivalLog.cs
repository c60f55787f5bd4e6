using DdmNative.Tests;
using Xunit.Abstractions;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>Writes the results of the tests of survival, which the commands under <c>build/</c> print while the tests run.</summary>
internal static class SurvivalLog
{
    /// <summary>Writes a line to the test's output, and to <see cref="TestScale.LogFile"/>.</summary>
    public static void Write(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        if (TestScale.LogFile is string log)
            File.AppendAllText(log, line + "\n");
    }
}
