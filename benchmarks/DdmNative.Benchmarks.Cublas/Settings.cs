using CommandLine;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>The command line.</summary>
internal sealed class Settings
{
    [Option("device", Default = 0, MetaValue = "N", HelpText = "Which CUDA device.")]
    public int Device { get; set; }

    [Option("sizes", Default = "256x1152x10,1024x1024x1024,4096x4096x4096", MetaValue = "LIST",
        HelpText = "Samples × inputs × outputs of the linear layers, separated by commas.")]
    public string Sizes { get; set; } = "";

    [Option("precision", Default = "fp32", MetaValue = "NAME", HelpText = "fp32 on both sides, or tf32 on both.")]
    public string Precision { get; set; } = "fp32";

    [Option("repeats", Default = 50, MetaValue = "N", HelpText = "Products in a measurement.")]
    public int Repeats { get; set; } = 50;

    [Option("json", MetaValue = "FILE", HelpText = "Write the rows there.")]
    public string? Json { get; set; }
}
