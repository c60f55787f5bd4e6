using System.Globalization;

namespace DdmNative.Tests;

/// <summary>
/// How many cases the tests draw: a tenth of each exhaustive sweep, or the whole sweep where <c>build/test.sh --full</c> sets
/// <c>DDMTEST_FULL</c> to 1. The names of these variables do not begin with <c>DDM_</c>, because ddm refuses those that it does not know.
/// </summary>
internal static class TestScale
{
    /// <summary>Whether the tests run their sweeps in full.</summary>
    public static bool IsFull { get; } = Text("DDMTEST_FULL") == "1";

    /// <summary>The file to which the tests of survival append a line for each result; null where none is named.</summary>
    public static string? LogFile { get; } = Text("DDMTEST_LOG");

    /// <summary>The number of cases of a sweep. Seeds count from 0 or 1, so that the tenth is part of the whole.</summary>
    /// <param name="all">The number of cases of the whole sweep.</param>
    public static int Cases(int all) => IsFull ? all : Math.Max(1, all / 10);

    /// <summary>The whole number that a variable holds.</summary>
    /// <param name="variable">Its name.</param>
    /// <param name="otherwise">What to return where the variable is not set.</param>
    /// <exception cref="FormatException">The variable holds something else.</exception>
    public static int Number(string variable, int otherwise)
        => Text(variable) is string text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;
}
