using CommandLine;
using DdmNative.Attribution.Runs.Shards;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("merge", HelpText = "Put the shards of a job (--shard I/N) together into the run that one process would have made, and finish it.")]
internal sealed class MergeVerb : WorkOptions
{
    [Value(0, Required = true, MetaName = "SHARD…", HelpText = "The folders of all N shards, in any order. They are only read.")]
    public IEnumerable<string> Shards { get; set; } = [];

    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The merged run: made where there is none; may be the run that the shards took with --from. A merge that was killed goes on.")]
    public string Folder { get; set; } = "";

    [Option("data", MetaValue = "SPEC", HelpText = "Where the shards' data lie on this machine. Default: where the first shard had them.")]
    public string? Data { get; set; }

    public override void Do(CancellationToken stop)
        => ResultWriter.Write(Carried((device, progress) => ShardMerge.Run(Folder, [.. Shards], Data, Settings, device, progress, stop)), Json);
}
