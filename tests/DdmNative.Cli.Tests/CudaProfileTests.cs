using System.Text.Json;
using DdmNative.Cli.Profiling;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Modules;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// What <c>ddm profile</c> says of a CUDA device. Needs a device, or the emulator by <c>DDM_CUDA_DRIVER</c>, which a library in between can
/// give another name, so that it is treated as a GPU; skipped with the reason where either is missing.
/// </summary>
[Collection(CudaCommands.Name)]
public sealed class CudaProfileTests(RunFiles files)
{
    private static readonly string[] MixFields = ["instructions", "fma", "mma", "global_accesses", "shared_accesses", "barriers",
        "branches", "flops_per_byte"];

    [SkippableFact]
    public void An_emulator_is_not_replayed_so_that_its_counters_are_of_the_rounds_alone()
    {
        CudaMachine.RequireEmulator();
        Dictionary<string, int> one = CountedLaunches(Profile([], rounds: 1)), again = CountedLaunches(Profile([], rounds: 1));
        JsonElement profile = Profile([], rounds: 2);

        Assert.Equal(one, again);
        Assert.All(profile.GetProperty("loops").EnumerateArray(), loop =>
        {
            Assert.All((string[])["graph_seconds", "plain_seconds", "launch_share"], name => Assert.Equal(JsonValueKind.Null,
                loop.GetProperty(name).ValueKind));
            Assert.All(Kernels(loop), kernel => Assert.Equal(JsonValueKind.Null, kernel.GetProperty("replay_seconds").ValueKind));
        });
    }

    [SkippableFact]
    public void A_GPU_is_timed_by_replays_and_counts_the_same_launches()
    {
        CudaMachine.RequireEmulator();
        Dictionary<string, string> renamed = Renamed();

        JsonElement plain = Profile([], rounds: 1), replayed = Profile(renamed, rounds: 1);

        Assert.False(replayed.GetProperty("emulator").GetBoolean());
        JsonElement[] observed = [.. plain.GetProperty("loops").EnumerateArray()],
            timed = [.. replayed.GetProperty("loops").EnumerateArray()];
        Assert.Equal(observed.Length, timed.Length);
        foreach ((JsonElement before, JsonElement after) in observed.Zip(timed))
        {
            Assert.Equal(Calls(before), Calls(after));
            Assert.True(after.GetProperty("graph_seconds").GetDouble() > 0);
            Assert.True(after.GetProperty("plain_seconds").GetDouble() > 0);
            Assert.InRange(after.GetProperty("launch_share").GetDouble(), 0, 1);
            Assert.All(Kernels(after), kernel => Assert.True(kernel.GetProperty("replay_seconds").GetDouble() > 0,
                kernel.GetProperty("kernel").GetString()));
        }
    }

    [SkippableFact]
    public void The_table_of_a_GPU_has_a_column_of_replays_and_the_share_of_launching()
    {
        CudaMachine.RequireEmulator();

        Ddm.Result result = Ddm.Run(Renamed(), "profile", CudaMachine.WriteJob(files), "--device", "cuda", "--rounds", "1");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        Assert.Matches(@"training step: \d+\.\d{3} ms in kernels, \d+\.\d{3} ms by replays; a round takes \d+\.\d{3} ms as graphs, " +
            @"\d+\.\d{3} ms by plain launches, of which \d+% is launching", result.Output);
        Assert.Matches(@"kernel +blocks +threads +calls +ms +min +max +replay +share", result.Output);
    }

    [SkippableFact]
    public void The_modules_that_were_loaded_are_told_and_are_those_of_the_precision()
    {
        CudaMachine.RequireDevice();

        JsonElement[] modules = [.. Profile([], rounds: 1).GetProperty("modules").EnumerateArray()];

        string[] names = [.. modules.Select(module => module.GetProperty("module").GetString()!)];
        Assert.Contains("sgd", names);
        Assert.Contains(names, name => name.StartsWith("convolution_fp32_", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.Contains("tf32", StringComparison.Ordinal));
        Assert.All(modules, module => Assert.True(module.GetProperty("bytes").GetInt64() > 0
            && module.GetProperty("seconds").GetDouble() > 0));
    }

    [Fact]
    public void What_a_cubin_does_not_tell_is_null_and_a_dash()
    {
        var facts = new KernelFacts(Registers: 40, SharedBytes: 1024, LocalBytes: 0, Mix: null);

        Assert.Equal(["-", "-", "-", "-", "-", "-", "-", "-"], LaunchTable.MixColumns(facts.Mix).Split(' ',
            StringSplitOptions.RemoveEmptyEntries));
        JsonElement json = JsonSerializer.SerializeToElement(LaunchTable.KernelResult("k", facts));
        Assert.Equal(40, json.GetProperty("registers").GetInt32());
        Assert.All(MixFields, name => Assert.Equal(JsonValueKind.Null, json.GetProperty(name).ValueKind));
    }

    [Fact]
    public void What_PTX_tells_is_in_the_columns_of_the_heading()
    {
        var mix = new PtxInstructionMix(1, 2, 3, 4, 5, 6, 7, Flops: 8, GlobalBytes: 16);

        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "0.50"], LaunchTable.MixColumns(mix).Split(' ',
            StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(LaunchTable.MixColumns(mix).Length, LaunchTable.MixColumns(null).Length);
        JsonElement json = JsonSerializer.SerializeToElement(LaunchTable.KernelResult("k", new KernelFacts(0, 0, 0, mix)));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 0.5], MixFields.Select(name => json.GetProperty(name).GetDouble()));
    }

    private Dictionary<string, string> Renamed()
    {
        InterposedCudaDriver? driver = InterposedCudaDriver.Build(files.PathOf("renamed-" + Path.GetRandomFileName()));
        Skip.If(driver is null, "The driver in between is compiled with cc on Linux, and stands before a driver that is a file; one of " +
            "them this machine has not.");
        return new(driver!.Passing()) { ["FAULT_NAME"] = "A GPU of this test" };
    }

    private JsonElement Profile(Dictionary<string, string> environment, int rounds)
    {
        Ddm.Result result = Ddm.Run(environment, "profile", CudaMachine.WriteJob(files), "--device", "cuda", "--rounds", $"{rounds}",
            "--json");
        Assert.True(result.Code == ExitCode.Done, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    private static JsonElement[] Kernels(JsonElement loop) => [.. loop.GetProperty("kernels").EnumerateArray()];

    private static IEnumerable<(string, int, double)> Calls(JsonElement loop)
        => Kernels(loop).Select(kernel => (kernel.GetProperty("kernel").GetString()!, kernel.GetProperty("blocks").GetInt32(),
            kernel.GetProperty("calls").GetDouble())).Order();

    private static Dictionary<string, int> CountedLaunches(JsonElement profile)
        => profile.GetProperty("counters").GetProperty("kernels").EnumerateArray()
            .ToDictionary(kernel => kernel.GetProperty("name").GetString()!, kernel => kernel.GetProperty("launches").GetInt32());
}
