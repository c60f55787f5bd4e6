using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("unlearn", HelpText = "Compute a model that has forgotten some groups, without full retraining, and write it as safetensors.")]
internal sealed class UnlearnVerb : RunOptions
{
    [Sets("unlearning.groups")]
    [Option("remove", Separator = ',', MetaValue = "G,G…",
        HelpText = "The groups to forget, by their numbers in groups.csv. This option or --forget is required.")]
    public IEnumerable<int> Remove { get; set; } = [];

    [Sets("unlearning.forget")]
    [Option("forget", MetaValue = "WHAT",
        HelpText = "The groups to forget, by description: class=3,cluster=2; class=3 or class=Shirt (all of it); group=7,12; "
            + "name=annotator-5 (of your own groups). Several descriptions may follow each other. This option or --remove is required.")]
    public IEnumerable<string> Forget { get; set; } = [];

    [Sets("unlearning.method")]
    [Option("method", MetaValue = "NAME",
        HelpText = "The method: head, block:K or all (exact), or a synset mode: repair, replay, controlled-replay, push, forget. "
            + "Default: block:1.")]
    public string? Method { get; set; }

    [Option("out", MetaValue = "FILE",
        HelpText = "Also write the model to this file; it is always written to unlearned.safetensors in the run folder. Default: only "
            + "there.")]
    public string? Out { get; set; }

    private OutputFile? _out;

    protected override RunGoal Goal => RunGoal.Unlearn;

    protected override void Print(IAnsiConsole console, RunSummary result) => UnlearnedAnswer.Write(console, result, Out);

    protected override Job Apply(Job job)
    {
        int[] groups = [.. Remove.Distinct().Order()];
        string[] forget = [.. Forget];
        if (groups.Length == 0 && forget.Length == 0)
            throw new BadUsageException(
                "Specify what to forget: --forget class=3,cluster=2, or --remove 7,12 by the numbers in groups.csv.");
        if (Out is not null)
            _out = OutputFile.Find("--out", Out, Run);
        if (_out is { IsStandardOutput: true })
            throw new BadUsageException("--out: found standard output, which receives the summary; expected a file.");
        return job with { Unlearning = new JobUnlearning { Groups = groups, Forget = forget, Method = Method ?? job.Unlearning?.Method
            ?? new JobUnlearning().Method } };
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
