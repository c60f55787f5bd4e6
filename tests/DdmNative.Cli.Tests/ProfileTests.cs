using System.Diagnostics;
using System.Text.Json;
using DdmNative.Cli.Profiling;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class ProfileTests(RunFiles files)
{
    private static readonly MachinePeak Peak = new(Threads: 2, FlopsPerSecond: 200e9, BytesPerSecond: 100e9);

    [Fact]
    public void A_profile_names_every_loop_with_its_kernels_and_leaves_a_trace_that_Perfetto_opens()
    {
        string job = files.PathOf("profile.json"), trace = files.PathOf("trace.json");
        File.WriteAllText(job, Ddm.TinyJob);

        Ddm.Result result = Ddm.Run("profile", job, "--rounds", "2", "--threads", "2", "--trace", trace, "--json");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        using var printed = JsonDocument.Parse(result.Output);
        JsonElement[] loops = [.. printed.RootElement.GetProperty("loops").EnumerateArray()];
        Assert.Equal(5, loops.Length);
        Assert.All(loops, loop =>
        {
            JsonElement[] kernels = [.. loop.GetProperty("kernels").EnumerateArray()];
            Assert.Equal(2, loop.GetProperty("rounds").GetInt32());
            Assert.All(kernels.Append(loop), timed => Assert.True(timed.GetProperty("seconds_min").GetDouble()
                <= timed.GetProperty("seconds_median").GetDouble()
                && timed.GetProperty("seconds_median").GetDouble() <= timed.GetProperty("seconds_max").GetDouble()));
            Assert.Equal(1, kernels.Sum(kernel => kernel.GetProperty("share").GetDouble()), 6);
            Assert.Contains(kernels, kernel => kernel.GetProperty("kernel").GetString() == "convolution.forward"
                && kernel.GetProperty("gflops").GetDouble() > 0);
        });

        using var document = JsonDocument.Parse(File.ReadAllBytes(trace));
        JsonElement[] events = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Assert.Equal(["plans", "worker 0", "worker 1"],
            events.Where(e => Text(e, "name") == "thread_name").Select(e => Text(e.GetProperty("args"), "name")).Order());
        JsonElement[] spans = [.. events.Where(e => Text(e, "ph") == "X")];
        Assert.Equal(2, spans.Count(e => Text(e, "name") == "training step" && Text(e, "cat") == "training step"));
        Assert.Contains(spans, e => Text(e, "name") == "convolution.backward-filter"
            && e.GetProperty("args").GetProperty("samples").GetInt32() > 0);
        Assert.All(spans, e => Assert.True(e.GetProperty("ts").GetDouble() >= 0 && e.GetProperty("dur").GetDouble() >= 0));
    }

    [Fact]
    public void The_table_adds_up_tiles_of_a_layer_and_compares_them_with_one_threads_roof()
    {
        var call = new Call { FlopsPerSample = 1e9, BytesPerSample = 1e3 };
        // Two workers, half of the four samples each, 50 ms each: 4·10⁹ flops in 100 ms of thread time against 100 GFLOP/s a thread.
        TileRun[][] tiles = [[Tile(call, worker: 0, first: 0)], [Tile(call, worker: 1, first: 2)]];

        KernelRow row = Assert.Single(KernelTable.From(tiles, Peak, Whole));

        Assert.Equal((1, 1), (row.Calls, row.Share));
        Assert.Equal(0.1, row.Seconds, 6);
        Assert.Equal(40, row.Gflops, 3);
        Assert.Equal(0.4, row.OfRoofline, 3);
    }

    [Fact]
    public void Kernels_are_in_the_order_of_their_time()
    {
        TileRun[][] tiles = [[Tile(new Call { Name = "short" }, 0, 0, seconds: 0.01),
            Tile(new Call { Name = "long" }, 0, 2, seconds: 0.03)]];
        Assert.Equal(["long", "short"], KernelTable.From(tiles, Peak, Whole).Select(row => row.Kernel));
    }

    [Fact]
    public void A_kernel_has_the_times_of_its_shortest_middle_and_longest_round_and_none_of_the_preparation()
    {
        var call = new Call { FlopsPerSample = 1e9 };
        long second = Stopwatch.Frequency;
        // Preparation in second 0; then three rounds of two tiles each.
        double[] seconds = [9, 0.1, 0.1, 0.2, 0.3, 0.05, 0.05];
        TileRun[] tiles = [.. seconds.Select((time, i) => new TileRun(call, 0, 0, 0, 2, i * second, i * second + (long)(time * second)))];
        (long, long)[] rounds = [(second, 3 * second - 1), (3 * second, 5 * second - 1), (5 * second, 7 * second)];

        KernelRow row = Assert.Single(KernelTable.From([tiles], Peak, rounds));

        Assert.Equal(0.1, row.Rounds.Least, 6);
        Assert.Equal(0.2, row.Rounds.Median, 6);
        Assert.Equal(0.5, row.Rounds.Most, 6);
        Assert.Equal(0.8 / 3, row.Seconds, 6);
        Assert.Equal(1, row.Calls, 6);
        Assert.Equal(20, row.Gflops, 3); // 4·10⁹ flops a round, in the median time
    }

    [Fact]
    public void Runs_that_do_not_divide_into_rounds_are_preparation()
    {
        Assert.Equal([(1, 2), (3, 4), (5, 6)], RoundTimes.Divide([0, 1, 2, 3, 4, 5, 6], 3));
        Assert.Empty(RoundTimes.Divide([0], 2));
        Assert.Equal(new RoundTimes(1, 2.5, 4), RoundTimes.Of([4, 1, 3, 2]));
    }

    [Fact]
    public void A_loop_is_warm_when_its_times_settle()
    {
        var times = new Queue<double>([5, 3, 1, 1.05, 7]);
        Assert.Equal(1.05, Measurement.WarmUp(_ => times.Dequeue()));
        Assert.Equal((100, 5, 1000, 7), (Measurement.RoundsFor(null, 0.01), Measurement.RoundsFor(null, 60),
            Measurement.RoundsFor(null, 1e-6), Measurement.RoundsFor(7, 0.01)));
    }

    [Theory]
    [InlineData("--rounds", "0")]
    [InlineData("--speed", "9")]
    public void A_wrong_option_is_bad_usage(string option, string value)
        => Assert.Equal(ExitCode.BadUsage, Ddm.Run("profile", "job.json", option, value).Code);

    private static readonly (long, long)[] Whole = [(0, long.MaxValue)];

    private static TileRun Tile(Call call, int worker, int first, double seconds = 0.05)
        => new(call, worker, Member: 0, first, SampleCount: 2, Started: 0, Ended: (long)(seconds * Stopwatch.Frequency));

    private static string? Text(JsonElement element, string property) => element.GetProperty(property).GetString();

    private sealed class Call : IKernelCall
    {
        public string Name { get; init; } = "product";

        public string Shape => "3 → 4";

        public int Members => 1;

        public int Samples => 4;

        public double FlopsPerSample { get; init; }

        public double BytesPerSample { get; init; }
    }
}
