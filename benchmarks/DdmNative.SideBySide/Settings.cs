using CommandLine;

namespace DdmNative.SideBySide;

/// <summary>The command line.</summary>
internal sealed class Settings
{
    [Option("threads", MetaValue = "N,…",
        HelpText = "Threads of both sides; several, separated by commas, are measured in turn. Default: all cores.")]
    public string? Threads { get; set; }

    [Option("device", Default = "cpu", MetaValue = "NAME",
        HelpText = "Where ours runs: cpu; or cuda, cuda:N, where ours is timed alone (benchmarks/pytorch/gpu.py times PyTorch there).")]
    public string Device { get; set; } = "cpu";

    [Option("precision", MetaValue = "NAME,…",
        HelpText = "How a CUDA device multiplies: fp32, tf32, tf32x3; several are measured in turn. Default: all.")]
    public string? Precision { get; set; }

    [Option("seconds", Default = 1.0, MetaValue = "N", HelpText = "How long a row is measured on a CUDA device, three turns at least.")]
    public double Seconds { get; set; } = 1;

    [Option("quick", HelpText = "About a minute and a half: fewer repeats, long workloads shortened (on all sides alike), and of "
        + "whole networks only the opponents' variants that were fastest on the reference machine.")]
    public bool Quick { get; set; }

    [Option("only", MetaValue = "TEXT", HelpText = "Only the rows whose name contains one of these, separated by commas.")]
    public string? Only { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "Write the rows there.")]
    public string? Json { get; set; }

    [Option("memory", HelpText = "Also measure each row's peak memory, in one more process of each side.")]
    public bool Memory { get; set; }

    [Option("no-torch", HelpText = "Time ours alone, without PyTorch and without TorchSharp.")]
    public bool NoTorch { get; set; }

    [Option("no-torchsharp", HelpText = "Leave out TorchSharp, which build/bench.sh otherwise builds.")]
    public bool NoTorchSharp { get; set; }

    [Option("data", Default = "/usr/share/datasets/fashion-mnist", MetaValue = "DIR", HelpText = "Fashion-MNIST in IDX files.")]
    public string Data { get; set; } = "/usr/share/datasets/fashion-mnist";

    [Option("python", Default = "/usr/bin/python3", MetaValue = "FILE", HelpText = "A Python with PyTorch.")]
    public string Python { get; set; } = "/usr/bin/python3";

    [Option("worker", Default = "benchmarks/pytorch/worker.py", MetaValue = "FILE", HelpText = "PyTorch's half.")]
    public string Worker { get; set; } = "benchmarks/pytorch/worker.py";

    [Option("torchsharp", MetaValue = "FILE",
        HelpText = "Also time TorchSharp, by this worker: torchsharp-worker.dll as build/torchsharp-worker.sh builds it.")]
    public string? TorchSharp { get; set; }

    [Option("torchsharp-device", Default = "cpu", MetaValue = "NAME", HelpText = "Where TorchSharp works: cpu, cuda or cuda:N.")]
    public string TorchSharpDevice { get; set; } = "cpu";

    [Option("in-run-shapley", MetaValue = "TURNS",
        HelpText = "In place of the rows: what in-run Shapley costs beside a training, so many turns.")]
    public int? InRunShapley { get; set; }

    [Option("memory-row", Hidden = true, HelpText = "Run this row alone and print the process's peak memory: what --memory starts.")]
    public string? MemoryRow { get; set; }

    /// <summary>The numbers of threads to measure with, in turn.</summary>
    /// <exception cref="FormatException">One is not a number.</exception>
    public int[] ThreadCounts
        => Threads is null ? [Environment.ProcessorCount]
            : [.. Threads.Split(',').Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>Whether TorchSharp is timed too.</summary>
    public bool ComparesTorchSharp => TorchSharp is not null && !NoTorchSharp && !NoTorch;

    /// <summary>Whether ours runs on the CPU, side by side with PyTorch and TorchSharp.</summary>
    public bool IsCpu => Device == "cpu";

    public bool IsWanted(string name) => Only is null || Only.Split(',').Any(part => name.Contains(part, StringComparison.Ordinal));
}
