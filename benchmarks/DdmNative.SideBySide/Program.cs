using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CommandLine;
using DdmNative.Compute.Cpu;
using DdmNative.SideBySide;

const double quickLimitSeconds = 88;
using var parser = new Parser(settings =>
{
    settings.HelpWriter = Console.Error;
    settings.ParsingCulture = CultureInfo.InvariantCulture;
});
return parser.ParseArguments<Settings>(args).MapResult(Run, _ => 2);

int Run(Settings settings)
{
    long start = Stopwatch.GetTimestamp();
    var data = new FashionMnist(settings.Data);
    if (settings.InRunShapley is int turns)
    {
        foreach (int threads in settings.ThreadCounts)
            InRunShapleyCost.Run(data, threads, turns);
        return 0;
    }

    IReadOnlyList<Workload> workloads = WorkloadList.All(settings.Quick, data);
    if (settings.MemoryRow is string name)
    {
        using var device = new CpuDevice(settings.ThreadCounts[0]);
        PeakMemory.RunRow(workloads.Single(workload => workload.Name == name), device);
        return 0;
    }

    Workload[] wanted = [.. workloads.Where(workload => settings.IsWanted(workload.Name))];
    if (wanted.Length == 0)
    {
        Console.Error.WriteLine(
            $"side-by-side: --only {settings.Only} leaves no row of: {string.Join(", ", workloads.Select(workload => workload.Name))}");
        return 2;
    }

    if (!settings.IsCpu)
        return DeviceBenchmark.Run(settings, wanted);
    if (settings.Precision is not null)
    {
        Console.Error.WriteLine(
            $"side-by-side: --precision {settings.Precision}: the cpu device has no tensor cores; name a CUDA device by --device.");
        return 2;
    }

    var rows = new List<Row>();
    foreach (int threads in settings.ThreadCounts)
    {
        List<Row> ofThreads = Measure(settings, wanted, threads, start);
        Table.WriteSummary(ofThreads);
        rows.AddRange(ofThreads);
    }
    if (settings.Json is not null)
        File.WriteAllText(settings.Json, JsonSerializer.Serialize(rows, JsonStyle.Rows) + "\n");
    return 0;
}

List<Row> Measure(Settings settings, Workload[] workloads, int threads, long start)
{
    var rows = new List<Row>();
    using var device = new CpuDevice(threads);
    using TorchWorker? torch = settings.NoTorch ? null : TorchWorker.PyTorch(settings, threads);
    using TorchWorker? torchSharp = settings.ComparesTorchSharp ? TorchWorker.TorchSharp(settings, threads) : null;
    MachinePeak peak = MachinePeak.Measure(threads);
    MachinePeak single = threads == 1 ? peak : MachinePeak.Measure(1);
    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"\n{device.Description}; PyTorch {torch?.Version ?? "left out"}; "
        + $"TorchSharp {(torchSharp is null ? "left out" : $"with libtorch {torchSharp.Version}")}"
        + $"{(Avx2Limit.IsWanted && torch is not null ? ", both limited to AVX2 like ours" : "")}; multiply–add peak "
        + $"{peak.FlopsPerSecond / 1e9:0} GFLOP/s on {threads}, {single.FlopsPerSecond / 1e9:0} on one; second-level cache "
        + $"{peak.BytesPerSecond / 1e9:0} GB/s"));
    var table = new Table(torch is not null, torchSharp is not null, settings.Memory);
    table.WriteHeader();
    var alternation = new Alternation(device, torch, torchSharp, settings.Quick);
    foreach (Workload workload in workloads)
    {
        if (settings.Quick && Stopwatch.GetElapsedTime(start).TotalSeconds > quickLimitSeconds)
        {
            Console.Out.WriteLine($"{workload.Name,-24} left out: the time of --quick is over");
            continue;
        }
        Row row = alternation.Measure(workload, peak);
        if (settings.Memory)
        {
            // The row now runs once more in a second process, and one variant can need more than half of the machine's memory.
            torch?.Release();
            torchSharp?.Release();
            row = row with
            {
                OursPeakBytes = PeakMemory.Ours(workload, settings, threads),
                TorchPeakBytes = torch is null ? null : InNewProcess(TorchWorker.PyTorch, row.TorchVariant!),
                TorchSharpPeakBytes = torchSharp is null ? null : InNewProcess(TorchWorker.TorchSharp, row.TorchSharpVariant!),
            };

            long InNewProcess(Func<Settings, int, TorchWorker> started, string variant)
            {
                using TorchWorker worker = started(settings, threads);
                return PeakMemory.Torch(workload, worker, variant);
            }
        }
        rows.Add(row);
        table.Write(row);
    }
    Console.Out.WriteLine($"peak memory of the whole processes: ours {PeakMemory.Own() >> 20} "
        + $"MiB{(torch is null ? "" : $", PyTorch's {torch.PeakBytes() >> 20} MiB")}"
        + (torchSharp is null ? "" : $", TorchSharp's {torchSharp.PeakBytes() >> 20} MiB"));
    return rows;
}
