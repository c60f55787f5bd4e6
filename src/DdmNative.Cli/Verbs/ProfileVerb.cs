using System.Diagnostics;
using System.Globalization;
using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;
using DdmNative.Cli.Profiling;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Cli.Verbs;

[Verb("profile", HelpText = "Run a job's inner loops for a few rounds, and print the time of each kernel at each layer.")]
internal sealed class ProfileVerb : DeviceOptions
{
    [Value(0, Required = true, MetaName = "job.json", HelpText = "The job; its settings decide the kernels' shapes.")]
    public string JobPath { get; set; } = "";

    [Sets("data.source")]
    [Option("data", MetaValue = "SPEC", HelpText = "Instead of the job's data: a folder, or generated:classes=4,per-class=40,….")]
    public string? Data { get; set; }

    [Option("rounds", MetaValue = "N",
        HelpText = "Measured rounds of each loop. Default: as many as take a second, at least 5 and at most 1000.")]
    public int? Rounds { get; set; }

    [Option("trace", MetaValue = "FILE",
        HelpText = "Write every tile of every thread as a Chrome trace, which https://ui.perfetto.dev opens. Default: none.")]
    public string? Trace { get; set; }

    public override void Execute(CancellationToken stop)
    {
        if (Rounds is < 1 or > 100_000)
            throw new BadUsageException($"--rounds: found {Rounds}, expected a whole number from 1 to 100000.");
        OutputFile? trace = Trace is null ? null : OutputFile.Find("--trace", Trace);
        if (trace is { IsStandardOutput: true })
            throw new BadUsageException("--trace: found standard output, which receives the tables; expected a file.");
        Job job = Variables.Apply(JobFile.Read(JobPath, out JsonFieldLines lines, stop));
        if (Data is not null)
            job = job with { Data = job.Data with { Source = Data } };
        Check(job, JobPath, lines, RunGoal.Distill);
        using Device opened = OpenDevice();
        if (opened is CudaDevice cuda)
        {
            ProfileLaunches(cuda, job, stop);
            return;
        }
        if (opened is not CpuDevice device)
            throw new DeviceException($"'{DeviceName}' is several devices; profile one of them, e.g. --device cuda:0.");
        using var loops = InnerLoops.Prepare(device, job);
        MachinePeak peak = MachinePeak.Measure(device.Threads);
        var recorded = new List<RecordedLoop>();
        foreach (InnerLoop loop in loops.Loops)
        {
            stop.ThrowIfCancellationRequested();
            recorded.Add(Record(device, loop));
        }

        trace?.Write(stream => ChromeTrace.Write(stream, [.. recorded.Select(loop => (loop.Name, loop.Recorder))]));
        if (Json)
            WriteJson(device, peak, recorded);
        else
            WriteTables(device, peak, recorded);
    }

    private void ProfileLaunches(CudaDevice device, Job job, CancellationToken stop)
    {
        if (Trace is not null)
            throw new BadUsageException(
                "--trace: only the cpu device has tiles; for a timeline of a CUDA device use `nsys profile ddm …`.");
        using var loops = InnerLoops.Prepare(device, job);
        var recorded = new List<LaunchedLoop>();
        foreach (InnerLoop loop in loops.Loops)
        {
            stop.ThrowIfCancellationRequested();
            LaunchRecorder Launches(int rounds)
            {
                var recorder = new LaunchRecorder(rounds);
                device.LaunchObserver = recorder;
                loop.Run(rounds);
                device.LaunchObserver = null;
                return recorder;
            }

            // Of chosen rounds, and on an emulator, the launches are counted: one round loads the modules.
            loop.Run(1);
            double round = Rounds is null && !device.Facts.IsEmulator
                ? Measurement.WarmUp(rounds => Launches(rounds).Times.Median) : double.PositiveInfinity;
            recorded.Add(new LaunchedLoop(loop.Name, Launches(Measurement.RoundsFor(Rounds, round)), Replayed(device, loop)));
        }

        var table = new LaunchTable(device, recorded);
        if (Json)
            JsonResult.Write(table.Result());
        else
            table.Write(Console.Out);
    }

    /// <summary>
    /// Times the kernels of a round by replays. Null on an emulator, whose times have no meaning, and whose counters must count only the
    /// rounds. The replays follow the observed rounds because they overwrite the loop's values.
    /// </summary>
    private static ReplayTimer? Replayed(CudaDevice device, InnerLoop loop)
    {
        if (device.Facts.IsEmulator)
            return null;
        var timer = new ReplayTimer(device);
        device.ReplayTimer = timer;
        loop.Run(1);
        device.ReplayTimer = null;
        return timer;
    }

    private RecordedLoop Record(CpuDevice device, InnerLoop loop)
    {
        double round = Measurement.WarmUp(rounds => RoundTimes.Of(Tiles(rounds).Seconds).Median);
        return Tiles(Measurement.RoundsFor(Rounds, round));

        RecordedLoop Tiles(int rounds)
        {
            var recorder = new TileRecorder(device.Threads);
            device.TileObserver = recorder;
            loop.Run(rounds);
            device.TileObserver = null;
            return new RecordedLoop(loop.Name, recorder, recorder.Rounds(rounds));
        }
    }

    /// <summary>The tiles of one loop.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Recorder">All tiles.</param>
    /// <param name="Rounds">The start and the end of each round.</param>
    private sealed record RecordedLoop(string Name, TileRecorder Recorder, IReadOnlyList<(long Started, long Ended)> Rounds)
    {
        public IEnumerable<double> Seconds => Rounds.Select(round => Stopwatch.GetElapsedTime(round.Started, round.Ended).TotalSeconds);

        public RoundTimes Times => RoundTimes.Of(Seconds);

        public IReadOnlyList<KernelRow> Rows(MachinePeak peak) => KernelTable.From(Recorder.Tiles, peak, Rounds);
    }

    private static void WriteTables(CpuDevice device, MachinePeak peak, List<RecordedLoop> recorded)
    {
        (double flops, double bytes) = (peak.FlopsPerSecond / peak.Threads / 1e9, peak.BytesPerSecond / peak.Threads / 1e9);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{device.Description}. The peak of one thread: {flops:0} GFLOP/s of multiply–adds, "
            + $"{bytes:0} GB/s from the second-level cache."));
        Console.Out.WriteLine("ms: of all threads together, the median of the rounds; min and max: the shortest and the longest round. "
            + "GFLOP/s, GB/s: of one thread; flops are counted for the plain algorithm; Winograd's needs fewer.");
        foreach (RecordedLoop loop in recorded)
        {
            IReadOnlyList<KernelRow> rows = loop.Rows(peak);
            RoundTimes times = loop.Times;
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"\n{loop.Name}, {loop.Rounds.Count} rounds: {times.Median * 1e3:0.000} ms ({times.Least * 1e3:0.000} to ")
                + string.Create(CultureInfo.InvariantCulture,
                    $"{times.Most * 1e3:0.000}), threads busy for {Busy(rows, loop, device):0%} of it"));
            KernelTable.Write(rows, Console.Out);
        }
    }

    private static void WriteJson(CpuDevice device, MachinePeak peak, List<RecordedLoop> recorded)
        => JsonResult.Write(new
        {
            device = device.Description,
            threads = device.Threads,
            peak_gflops = peak.FlopsPerSecond / 1e9,
            peak_gigabytes = peak.BytesPerSecond / 1e9,
            loops = recorded.Select(loop => (Loop: loop, loop.Times, Rows: loop.Rows(peak))).Select(loop => new
            {
                name = loop.Loop.Name,
                rounds = loop.Loop.Rounds.Count,
                seconds = loop.Loop.Seconds.Average(),
                seconds_min = loop.Times.Least,
                seconds_median = loop.Times.Median,
                seconds_max = loop.Times.Most,
                busy = Busy(loop.Rows, loop.Loop, device),
                kernels = loop.Rows.Select(row => new
                {
                    kernel = row.Kernel, layer = row.Layer, calls = row.Calls, seconds = row.Seconds, seconds_min = row.Rounds.Least,
                    seconds_median = row.Rounds.Median, seconds_max = row.Rounds.Most, share = row.Share,
                    gflops = row.Gflops, gigabytes = row.GigaBytes, of_roofline = row.OfRoofline,
                }),
            }),
        });

    private static double Busy(IReadOnlyList<KernelRow> rows, RecordedLoop loop, CpuDevice device)
        => rows.Sum(row => row.Seconds) / (loop.Seconds.Average() * device.Threads);
}
