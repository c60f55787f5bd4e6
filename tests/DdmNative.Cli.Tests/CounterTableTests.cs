using System.Globalization;
using System.Text.Json;
using DdmNative.Cli.Profiling;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// The emulator's counters: as a table of given figures, and as the emulator itself counts them for one device and for two.
/// </summary>
[Collection(Commands.Name)]
public sealed class CounterTableTests(RunFiles files)
{
    private const string Report = """
        {
          "kernels": [
            {
              "name": "scale", "launches": 3, "totals": { "warpInstructions": 120, "fmaShare": 0, "idealRequestShare": 1 },
              "mainLoop": null,
              "movedOverLeast": 1.0049, "arithmeticIntensity": 0.125,
              "rooflines": [
                { "gpu": "A100 SXM 80 GB", "seconds": 5e-6, "bound": "compute" },
                { "gpu": "H100 SXM", "seconds": 1.5e-6, "bound": "memory" }
              ]
            },
            {
              "name": "product", "launches": 1, "totals": { "warpInstructions": 4000, "fmaShare": 0.8125, "idealRequestShare": 0.955 },
              "mainLoop": { "totals": { "fmaShare": 0.9, "bankConflicts": 12, "divergentBranches": 7 } },
              "movedOverLeast": 6.25, "arithmeticIntensity": 141.56,
              "rooflines": [ { "gpu": "H100 SXM", "seconds": 2.5e-4, "bound": "compute" } ]
            }
          ],
          "speed": { "laneInstructions": 3000000000, "seconds": 2.5, "laneInstructionsPerSecond": 1200000000 }
        }
        """;

    [Fact]
    public void Kernels_are_rows_by_name_and_one_without_a_loop_leaves_its_columns_empty()
    {
        using var output = new StringWriter();

        CounterTable.Write(Report, output);

        Assert.Equal(
            [
                "| `product` | 1 | 4000 | 81.3% | 90.0% | 12 | 7 | 95.5% | 6.25 | 141.6 | 250.00 µs | compute |",
                "| `scale` | 3 | 120 | 0.0% |  |  |  | 100.0% | 1.00 | 0.1 | 1.50 µs | memory |",
            ],
            Rows(output.ToString()));
        Assert.EndsWith("executed 3000 million lane instructions in 2.50 s: 1200 million/s on this machine.\n", output.ToString(),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_profile_on_the_emulator_ends_with_the_counters_of_its_kernels()
    {
        CudaMachine.RequireEmulator();

        Ddm.Result result = Ddm.Run("profile", CudaMachine.WriteJob(files), "--device", "cuda:0", "--rounds", "1");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        string[][] rows = [.. Rows(result.Output).Select(Cells)];
        Assert.Equal(rows.Select(row => row[0]).Order(StringComparer.Ordinal), rows.Select(row => row[0]));
        string[][] products = [.. rows.Where(row => row[0].StartsWith("`convolution_correlate_fp32", StringComparison.Ordinal))];
        Assert.NotEmpty(products);
        Assert.All(products, row =>
        {
            Assert.True(Share(row[4]) > 0.5, $"{row[0]}: multiply–adds in the main loop are {row[4]}");
            Assert.Equal("0", row[5]);
            Assert.Equal("0", row[6]);
        });
        string[] scale = Assert.Single(rows, row => row[0].StartsWith("`sgd_step", StringComparison.Ordinal));
        Assert.True(Share(scale[7]) > 0.9
            && double.Parse(scale[8], CultureInfo.InvariantCulture) is >= 1 and < 1.3, string.Join(" | ", scale));
    }

    [SkippableFact]
    public void A_profile_of_the_second_device_has_that_devices_counters()
    {
        CudaMachine.RequireEmulator();
        Skip.If(CudaMachine.Count < 2, "The emulator has one device; DDM_CUDA_EMULATOR_DEVICES=2 gives it two.");
        string job = CudaMachine.WriteJob(files);

        Ddm.Result first = Ddm.Run("profile", job, "--device", "cuda:0", "--rounds", "1"),
            second = Ddm.Run("profile", job, "--device", "cuda:1", "--rounds", "1");

        Assert.True(second.Code == ExitCode.Done, second.Error);
        Assert.NotEmpty(Rows(first.Output));
        Assert.Equal(Rows(first.Output), Rows(second.Output));
    }

    [SkippableFact]
    public void Two_devices_that_share_the_ensemble_report_for_themselves_and_together_do_the_work_of_one()
    {
        CudaMachine.RequireEmulator();
        Skip.If(CudaMachine.Count < 2, "The emulator has one device; DDM_CUDA_EMULATOR_DEVICES=2 gives it two.");
        string alone = files.PathOf("alone.json"), together = files.PathOf("together.json");

        Dictionary<string, double> expected = Work(alone, "cuda:0");
        Dictionary<string, double> first = Work(together, "cuda:0,1"), second = FlopsOf(together + ".1");

        // Members are computed by one device each, whatever else the devices both do.
        string[] perMember = [.. expected.Keys.Where(name => name.StartsWith("gradient_distance", StringComparison.Ordinal))];
        Assert.NotEmpty(perMember);
        Assert.All(perMember, name =>
        {
            Assert.True(first[name] > 0 && second[name] > 0, $"{name}: {first[name]} and {second[name]} operations");
            Assert.Equal(expected[name], first[name] + second[name]);
        });
        Assert.False(File.Exists(alone + ".1"), "a device that was not opened has a report");
    }

    /// <summary>Runs the small job and returns the float32 operations of each kernel on the first device.</summary>
    private Dictionary<string, double> Work(string report, string device)
    {
        Ddm.Result result = Ddm.Run(
            new Dictionary<string, string> { ["DDM_CUDA_EMULATOR_REPORT"] = report }, "run", CudaMachine.WriteJob(files), "--run",
            report + "-run", "--device", device, "--quiet");
        Assert.True(result.Code == ExitCode.Done, result.Error);
        return FlopsOf(report);
    }

    private static Dictionary<string, double> FlopsOf(string report)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(report));
        return document.RootElement.GetProperty("kernels").EnumerateArray().ToDictionary(
            kernel => kernel.GetProperty("name").GetString()!,
            kernel => kernel.GetProperty("totals").GetProperty("work").GetProperty("fp32").GetDouble());
    }

    private static string[] Rows(string output)
        => [.. output.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.TrimEnd('\r'))];

    private static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static double Share(string percent) => double.Parse(percent.TrimEnd('%'), CultureInfo.InvariantCulture) / 100;
}
