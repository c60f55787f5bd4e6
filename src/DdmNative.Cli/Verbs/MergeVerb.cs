using CommandLine;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
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

    [Option("target", MetaValue = "FILE", HelpText = "Where the target of the shards' job, a network trained elsewhere, lies on this machine. Default: where the first shard had it.")]
    public string? Target { get; set; }

    [Option("trajectory", MetaValue = "DIR", HelpText = "The same for the checkpoints of its training. Default: where the first shard had them.")]
    public string? Trajectory { get; set; }

    [Option("name-map", MetaValue = "FILE", HelpText = "The same for the map of its tensors' names. Default: where the first shard had it.")]
    public string? NameMap { get; set; }

    [Option("groups", MetaValue = "FILE", HelpText = "The same for your own groups. Default: where the first shard had them.")]
    public string? Groups { get; set; }

    public override void Do(CancellationToken stop)
        => ResultWriter.Write(Carried((device, progress) => ShardMerge.Run(Folder, [.. Shards], Places, Settings, device, progress, stop)), Json);

    private InputPlaces Places => new() { Data = Data, Target = Target, Trajectory = Trajectory, NameMap = NameMap, Groups = Groups };
}
