using CommandLine;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Cli.Output;
using DdmNative.Cli.Output.Answers;

namespace DdmNative.Cli.Verbs;

[Verb("merge", HelpText = "Merge the shards of a job (--shard I/N) into the run that one process would have produced, and finish it.")]
internal sealed class MergeVerb : WorkOptions
{
    [Value(0, Required = true, MetaName = "SHARD…", HelpText = "The folders of all N shards, in any order. They are not changed.")]
    public IEnumerable<string> Shards { get; set; } = [];

    [Option("run", Required = true, MetaValue = "DIR",
        HelpText = "The merged run; created if it does not exist. It may be the run that the shards used with --from. A merge that was "
            + "killed resumes.")]
    public string Folder { get; set; } = "";

    [Option("data", MetaValue = "SPEC",
        HelpText = "The location of the shards' data on this machine. Default: the first shard's location.")]
    public string? Data { get; set; }

    [Option("target", MetaValue = "FILE",
        HelpText = "The location of the target, a network trained elsewhere, on this machine. Default: the first shard's location.")]
    public string? Target { get; set; }

    [Option("trajectory", MetaValue = "DIR",
        HelpText = "The same for the checkpoints of the target's training. Default: the first shard's location.")]
    public string? Trajectory { get; set; }

    [Option("name-map", MetaValue = "FILE",
        HelpText = "The same for the map of the target's tensor names. Default: the first shard's location.")]
    public string? NameMap { get; set; }

    [Option("groups", MetaValue = "FILE", HelpText = "The same for your own groups. Default: the first shard's location.")]
    public string? Groups { get; set; }

    public override void Execute(CancellationToken stop)
        => ResultWriter.Write(
            RunWithProgress((device, progress) => ShardMerge.Run(Folder, [.. Shards], Places, Settings, device, progress, stop)), Json,
            EverythingAnswer.Write);

    private InputPlaces Places => new() { Data = Data, Target = Target, Trajectory = Trajectory, NameMap = NameMap, Groups = Groups };
}
