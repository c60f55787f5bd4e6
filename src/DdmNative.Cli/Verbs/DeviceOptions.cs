using CommandLine;
using DdmNative.Compute;

namespace DdmNative.Cli.Verbs;

/// <summary>The options of every verb that runs kernels.</summary>
internal abstract class DeviceOptions : VerbOptions
{
    [Option("device", MetaValue = "NAME", HelpText = "Where kernels run: cpu, cuda, cuda:1, "
        + "the ensemble shared by cuda:0,1 or cuda:all, or a device of ILGPU such as ilgpu:opencl; see `ddm devices`. Default: cpu.")]
    public string? Device { get; set; }

    [Option("threads", MetaValue = "N", HelpText = "Threads of the CPU device; the results do not depend on it. Default: all cores.")]
    public int? Threads { get; set; }

    [Option("precision", MetaValue = "NAME",
        HelpText = "How a CUDA device multiplies: fp32, tf32 (tensor cores, errors of 1e-3) or tf32x3 (tensor cores, errors as of "
            + "float32). Default: fp32.")]
    public string? Precision { get; set; }

    /// <summary>The name of the device.</summary>
    protected string DeviceName => Device ?? "cpu";

    /// <summary>Opens the device.</summary>
    protected Device OpenDevice() => DeviceList.Open(DeviceName, Threads, Precision);
}
