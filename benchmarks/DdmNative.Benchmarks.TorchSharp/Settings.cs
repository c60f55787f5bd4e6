using CommandLine;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The command line: the options of PyTorch's worker, and the device.</summary>
internal sealed class Settings
{
    [Option("threads", MetaValue = "N", HelpText = "Threads of libtorch. Default: all cores.")]
    public int Threads { get; set; } = Environment.ProcessorCount;

    [Option("data", Default = "/usr/share/datasets/fashion-mnist", MetaValue = "DIR", HelpText = "Fashion-MNIST in IDX files.")]
    public string Data { get; set; } = "/usr/share/datasets/fashion-mnist";

    [Option("device", Default = "cpu", MetaValue = "NAME", HelpText = "Device of libtorch: cpu, cuda or cuda:N.")]
    public string Device { get; set; } = "cpu";
}
