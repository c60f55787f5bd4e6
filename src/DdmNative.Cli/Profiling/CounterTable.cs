using System.Globalization;
using System.Text.Json;

namespace DdmNative.Cli.Profiling;

/// <summary>
/// Writes the CUDA emulator's counters as a table in Markdown with a row per kernel, as shown in docs/cuda-kernels.md. They count every
/// launch since the emulator was loaded; they are not times, and are the same in every run. The line below the table gives the emulator's
/// speed, which varies.
/// </summary>
internal static class CounterTable
{
    private const string Gpu = "H100 SXM";

    /// <param name="report">The emulator's JSON.</param>
    /// <param name="output">The writer for the table.</param>
    public static void Write(string report, TextWriter output)
    {
        using JsonDocument document = JsonDocument.Parse(report);
        output.WriteLine("\nCounted by the emulator, over all launches (docs/cuda-emulator.md describes each counter):");
        output.WriteLine();
        output.WriteLine($"| kernel | launches | warp instructions | FMA | FMA in main loop | bank conflicts in main loop | divergent "
            + $"branches in main loop | ideal requests | moved / least | flop/B | {Gpu} at least | bound |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        foreach (JsonElement kernel in document.RootElement.GetProperty("kernels").EnumerateArray()
            .OrderBy(kernel => kernel.GetProperty("name").GetString(), StringComparer.Ordinal))
            output.WriteLine(Row(kernel));
        JsonElement speed = document.RootElement.GetProperty("speed");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\nThe emulator executed {Number(speed, "laneInstructions") / 1e6:0} million lane instructions in "
            + $"{Number(speed, "seconds"):0.00} s: {Number(speed, "laneInstructionsPerSecond") / 1e6:0} million/s on this machine."));
    }

    private static string Row(JsonElement kernel)
    {
        JsonElement totals = kernel.GetProperty("totals"),
            roofline = kernel.GetProperty("rooflines").EnumerateArray().First(entry => entry.GetProperty("gpu").GetString() == Gpu);
        JsonElement? loop = kernel.TryGetProperty("mainLoop", out JsonElement found)
            && found.ValueKind == JsonValueKind.Object ? found.GetProperty("totals") : null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| `{kernel.GetProperty("name").GetString()}` | {Count(kernel, "launches")} | {Count(totals, "warpInstructions")} | "
            + $"{Number(totals, "fmaShare"):0.0%} | {Loop(loop, "fmaShare", "0.0%")} | {Loop(loop, "bankConflicts", "0")} | "
            + $"{Loop(loop, "divergentBranches", "0")} | {Number(totals, "idealRequestShare"):0.0%} | "
            + $"{Number(kernel, "movedOverLeast"):0.00} | {Number(kernel, "arithmeticIntensity"):0.0} | "
            + $"{1e6 * Number(roofline, "seconds"):0.00} µs | {roofline.GetProperty("bound").GetString()} |");
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static long Count(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static string Loop(JsonElement? loop, string name, string format)
        => loop is { } totals ? Number(totals, name).ToString(format, CultureInfo.InvariantCulture) : "";
}
