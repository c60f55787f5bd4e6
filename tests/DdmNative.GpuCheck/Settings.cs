using CommandLine;

namespace DdmNative.GpuCheck;

/// <summary>The command line.</summary>
internal sealed class Settings
{
    [Value(0, MetaName = "assembly", Default = "DdmNative.Compute.Cuda.Tests",
        HelpText = "The assembly with the tests, beside this program.")]
    public string Assembly { get; set; } = "DdmNative.Compute.Cuda.Tests";

    [Option("class", MetaValue = "TEXT,…", HelpText = "Only tests whose class and method contain one of these. Default: all.")]
    public string? Class { get; set; }

    [Option("sample", Default = 1, MetaValue = "N", HelpText = "Of each method every N-th case.")]
    public int Sample { get; set; } = 1;

    [Option("seconds", Default = 3600.0, MetaValue = "N", HelpText = "Give up after so long, and tell what was done until then.")]
    public double Seconds { get; set; } = 3600;

    [Option("json", MetaValue = "FILE", HelpText = "Write the results there.")]
    public string? Json { get; set; }

    /// <summary>Whether a test of this class and method is asked for.</summary>
    public bool IsWanted(string name) => Class is null || Class.Split(',').Any(part => name.Contains(part, StringComparison.Ordinal));
}
