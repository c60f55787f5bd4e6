using CommandLine;

namespace DdmNative.SideBySide;

/// <summary>The command line.</summary>
internal sealed class Settings
{
    [Option("threads", MetaValue = "N,…", HelpText = "Threads of both sides; several, separated by commas, are measured in turn. Default: all cores.")]
    public string? Threads { get; set; }

    [Option("device", Default = "cpu", MetaValue = "NAME",
        HelpText = "Device of our side: cpu; or cuda, cuda:N, where only our side is timed (benchmarks/pytorch/gpu.py times PyTorch).")]
    public string Device { get; set; } = "cpu";

    [Option("precision", MetaValue = "NAME,…",
        HelpText = "Precision of products on a CUDA device: fp32, tf32, tf32x3; several are measured in turn. Default: all.")]
    public string? Precision { get; set; }

    [Option("seconds", Default = 1.0, MetaValue = "N", HelpText = "How long a row is measured on a CUDA device; at least three turns.")]
    public double Seconds { get; set; } = 1;

    [Option("quick",
        HelpText = "Within a minute: fewer repeats, long workloads shortened (on both sides), PyTorch's variants not compared again.")]
    public bool Quick { get; set; }

    [Option("only", MetaValue = "TEXT", HelpText = "Only the rows whose name contains one of these, separated by commas.")]
    public string? Only { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "Write the rows to this file.")]
    public string? Json { get; set; }

    [Option("memory", HelpText = "Also measure each row's peak memory, in two separate processes.")]
    public bool Memory { get; set; }

    [Option("no-torch", HelpText = "Time only our side.")]
    public bool NoTorch { get; set; }

    [Option("data", Default = "/usr/share/datasets/fashion-mnist", MetaValue = "DIR", HelpText = "Fashion-MNIST in IDX files.")]
    public string Data { get; set; } = "/usr/share/datasets/fashion-mnist";

    [Option("python", Default = "/usr/bin/python3", MetaValue = "FILE", HelpText = "A Python with PyTorch.")]
    public string Python { get; set; } = "/usr/bin/python3";

    [Option("worker", Default = "benchmarks/pytorch/worker.py", MetaValue = "FILE", HelpText = "The script that runs PyTorch's side.")]
    public string Worker { get; set; } = "benchmarks/pytorch/worker.py";

    [Option("torchsharp", MetaValue = "FILE", HelpText = "Also time TorchSharp: its built worker, torchsharp-worker.dll (docs/gpu-packages.md).")]
    public string? TorchSharp { get; set; }

    [Option("torchsharp-device", Default = "cpu", MetaValue = "NAME", HelpText = "Device of TorchSharp: cpu, cuda or cuda:N.")]
    public string TorchSharpDevice { get; set; } = "cpu";

    [Option("in-run-shapley", MetaValue = "TURNS",
        HelpText = "Instead of the rows: the cost of in-run Shapley relative to a training, measured in this number of turns.")]
    public int? InRunShapley { get; set; }

    [Option("memory-row", Hidden = true, HelpText = "Run only this row and print the process's peak memory; started by --memory.")]
    public string? MemoryRow { get; set; }

    /// <summary>The numbers of threads to measure with, in turn.</summary>
    /// <exception cref="FormatException">One of them is not a number.</exception>
    public int[] ThreadCounts => Threads is null ? [Environment.ProcessorCount] : [.. Threads.Split(',').Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>Whether our side runs on the CPU, side by side with PyTorch.</summary>
    public bool IsCpu => Device == "cpu";

    public bool IsWanted(string name) => Only is null || Only.Split(',').Any(part => name.Contains(part, StringComparison.Ordinal));
}
