using System.Globalization;
using Xunit.Abstractions;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>What the commands under <c>build/</c> ask of these tests by environment variables: how much, from which seed, and where to tell of it while it lasts.</summary>
internal static class Setting
{
    /// <summary>A whole number, or what the tests take by themselves.</summary>
    public static int Number(string variable, int otherwise)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>To the test's output, and to the file that <c>DDM_SURVIVAL_LOG</c> names.</summary>
    public static void Say(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("DDM_SURVIVAL_LOG") is { Length: > 0 } log)
            File.AppendAllText(log, line + "\n");
    }
}
