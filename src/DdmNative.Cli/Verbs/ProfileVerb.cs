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

    [Option("rounds", Default = 5, MetaValue = "N", HelpText = "Measured rounds of each loop.")]
    public int Rounds { get; set; } = 5;

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
        var recorded = new List<(string Loop, TileRecorder Recorder)>();
        foreach (InnerLoop loop in loops.Loops)
        {
            stop.ThrowIfCancellationRequested();
            recorded.Add((loop.Name, Record(device, loop)));
        }

        trace?.Write(stream => ChromeTrace.Write(stream, recorded));
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
            loop.Run(1);
            var recorder = new LaunchRecorder();
            device.LaunchObserver = recorder;
            loop.Run(Rounds);
            device.LaunchObserver = null;
            recorded.Add(new LaunchedLoop(loop.Name, recorder, Replayed(device, loop)));
        }

        var table = new LaunchTable(device, Rounds, recorded);
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

    private TileRecorder Record(CpuDevice device, InnerLoop loop)
    {
        loop.Run(Math.Max(2, Rounds));
        var recorder = new TileRecorder(device.Threads);
        device.TileObserver = recorder;
        loop.Run(Rounds);
        device.TileObserver = null;
        return recorder;
    }

    private void WriteTables(CpuDevice device, MachinePeak peak, List<(string Loop, TileRecorder Recorder)> recorded)
    {
        (double flops, double bytes) = (peak.FlopsPerSecond / peak.Threads / 1e9, peak.BytesPerSecond / peak.Threads / 1e9);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{device.Description}. The peak of one thread: {flops:0} GFLOP/s of multiply–adds, "
            + $"{bytes:0} GB/s from the second-level cache."));
        Console.Out.WriteLine("ms: of all threads together. GFLOP/s, GB/s: of one thread; flops are counted for the plain algorithm; "
            + "Winograd's needs fewer.");
        foreach ((string loop, TileRecorder recorder) in recorded)
        {
            IReadOnlyList<KernelRow> rows = KernelTable.From(recorder.Tiles, peak);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"\n{loop}: {recorder.Seconds / Rounds * 1e3:0.000} ms, threads busy for {Busy(rows, recorder, device):0%} of it"));
            KernelTable.Write(rows, Rounds, Console.Out);
        }
    }

    private void WriteJson(CpuDevice device, MachinePeak peak, List<(string Loop, TileRecorder Recorder)> recorded)
        => JsonResult.Write(new
        {
            device = device.Description,
            threads = device.Threads,
            peak_gflops = peak.FlopsPerSecond / 1e9,
            peak_gigabytes = peak.BytesPerSecond / 1e9,
            rounds = Rounds,
            loops = recorded.Select(loop => (loop.Loop, loop.Recorder, Rows: KernelTable.From(loop.Recorder.Tiles, peak)))
            .Select(loop => new
            {
                name = loop.Loop,
                seconds = loop.Recorder.Seconds / Rounds,
                busy = Busy(loop.Rows, loop.Recorder, device),
                kernels = loop.Rows.Select(row => new
                {
                    kernel = row.Kernel, layer = row.Layer, calls = row.Calls / Rounds, seconds = row.Seconds / Rounds, share = row.Share,
                    gflops = row.Gflops, gigabytes = row.GigaBytes, of_roofline = row.OfRoofline,
                }),
            }),
        });

    private static double Busy(IReadOnlyList<KernelRow> rows, TileRecorder recorder, CpuDevice device)
        => rows.Sum(row => row.Seconds) / (recorder.Seconds * device.Threads);
}
