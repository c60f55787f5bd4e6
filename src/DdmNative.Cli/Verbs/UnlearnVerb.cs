using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("unlearn", HelpText = "Make the model that has forgotten some groups, without retraining, and write it as safetensors.")]
internal sealed class UnlearnVerb : RunOptions
{
    [Sets("unlearning.groups")]
    [Option("remove", Separator = ',', MetaValue = "G,G…", HelpText = "The groups to forget, by their numbers in groups.csv. Needed, or --forget.")]
    public IEnumerable<int> Remove { get; set; } = [];

    [Sets("unlearning.forget")]
    [Option("forget", MetaValue = "WHAT", HelpText = "The groups to forget, by what they are: class=3,cluster=2; class=3 (all of it); group=7,12; name=annotator-5 (of your own groups). Several, one after the other, name more groups. Needed, or --remove.")]
    public IEnumerable<string> Forget { get; set; } = [];

    [Sets("unlearning.method")]
    [Option("method", MetaValue = "NAME", HelpText = "How: head, block:K or all (exact), or a synset mode: repair, replay, controlled-replay, push, forget. Default: block:1.")]
    public string? Method { get; set; }

    [Option("out", MetaValue = "FILE", HelpText = "Also write the model here; it lies in the run as unlearned.safetensors in any case. Default: only there.")]
    public string? Out { get; set; }

    private OutputFile? _out;

    protected override RunGoal Upto => RunGoal.Unlearn;

    protected override Job Apply(Job job)
    {
        int[] groups = [.. Remove.Distinct().Order()];
        string[] forget = [.. Forget];
        if (groups.Length == 0 && forget.Length == 0)
            throw new BadUsageException("Name what to forget: --forget class=3,cluster=2, or --remove 7,12 by the numbers in groups.csv.");
        if (Out is not null)
            _out = OutputFile.Find("--out", Out, Run);
        if (_out is { IsStandardOutput: true })
            throw new BadUsageException("--out: found standard output, which takes the summary; expected a file.");
        return job with { Unlearning = new JobUnlearning { Groups = groups, Forget = forget, Method = Method ?? job.Unlearning?.Method ?? new JobUnlearning().Method } };
    }

    protected override void Finish()
    {
        _out?.Write(file =>
        {
            using FileStream model = File.OpenRead(Path.Combine(Run, Runner.UnlearnedFile));
            model.CopyTo(file);
        });
    }
}
