using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Shards;
using DdmNative.Cli.Output;
using DdmNative.Compute;

namespace DdmNative.Cli.Verbs;

[Verb("merge", HelpText = "Put the shards of a job (--shard I/N) together into the run that one process would have made, and finish it.")]
internal sealed class MergeVerb : IVerb
{
    [Value(0, Required = true, MetaName = "SHARD…", HelpText = "The folders of all N shards, in any order. They are only read.")]
    public IEnumerable<string> Shards { get; set; } = [];

    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The merged run: made where there is none; may be the run that the shards took with --from. A merge that was killed goes on.")]
    public string Folder { get; set; } = "";

    [Option("data", MetaValue = "SPEC", HelpText = "Where the shards' data lie on this machine. Default: where the first shard had them.")]
    public string? Data { get; set; }

    [Option("threads", MetaValue = "N", HelpText = "Threads of the CPU device; the results do not depend on it. Default: all cores.")]
    public int? Threads { get; set; }

    [Option("device", Default = "cpu", MetaValue = "NAME", HelpText = "Where what remains is computed: a device of the kind that the shards ran on.")]
    public string Device { get; set; } = "cpu";

    [Option("precision", MetaValue = "NAME", HelpText = "How a CUDA device multiplies, as in the shards. Default: fp32.")]
    public string? Precision { get; set; }

    [Option("json", HelpText = "Print one JSON object with the result on standard output, and everything else on standard error.")]
    public bool Json { get; set; }

    [Option("quiet", HelpText = "No progress.")]
    public bool Quiet { get; set; }

    public void Run(CancellationToken stop)
    {
        using Device device = DeviceList.Open(Device, Threads, Precision);
        using ProgressView progress = ProgressView.For(Quiet);
        RunSummary result = ShardMerge.Run(Folder, [.. Shards], Data, new RunSettings(), device, progress, stop);
        progress.Dispose();
        ResultWriter.Write(result, Json);
    }
}
