using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

[Verb("unlearn", HelpText = "Make the model that has forgotten some groups, without retraining, and write it as safetensors.")]
internal sealed class UnlearnVerb : RunOptions
{
    [Option("remove", Required = true, Separator = ',', MetaValue = "G,G…", HelpText = "The groups to forget, by their numbers in groups.csv.")]
    public IEnumerable<int> Remove { get; set; } = [];

    [Option("method", MetaValue = "NAME", HelpText = "How: head, block:K or all (exact), or a synset mode: repair, replay, controlled-replay, push, forget. Default: block:1.")]
    public string? Method { get; set; }

    protected override RunGoal Upto => RunGoal.Unlearn;

    protected override Job Apply(Job job)
        => job with { Unlearning = new JobUnlearning { Groups = [.. Remove.Distinct().Order()], Method = Method ?? job.Unlearning?.Method ?? new JobUnlearning { Groups = [] }.Method } };
}
