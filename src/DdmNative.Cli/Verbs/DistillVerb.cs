using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("distill", HelpText = "Distil every group into a few synthetic images, the synset of the run's attribution method.")]
internal sealed class DistillVerb : GroupedOptions
{
    [Sets("attribution.methods")]
    [Option("mode", MetaValue = "NAME",
        HelpText = "The synset of this mode: repair, replay, controlled-replay, push or forget. Default: the run's.")]
    public string? Mode { get; set; }

    [Sets("matching.images_per_group")]
    [Option("images-per-group", MetaValue = "N", HelpText = "Synthetic images per group. Default: the best measured number for the mode.")]
    public int? ImagesPerGroup { get; set; }

    [Sets("matching.steps")]
    [Option("steps", MetaValue = "N", HelpText = "Adam steps on the pixels. Default: the best measured number for the mode.")]
    public int? Steps { get; set; }

    [Sets("matching.distance")]
    [Option("distance", MetaValue = "NAME",
        HelpText = "How gradients are compared: relative, row-cosine or relative-per-layer. Default: relative.")]
    public string? Distance { get; set; }

    protected override RunGoal Goal => RunGoal.Distill;

    protected override void Print(IAnsiConsole console, RunSummary result) => TrainedAnswer.WriteSynset(console, result);

    protected override Job Apply(Job job) => ApplyGroups(job) with
    {
        Matching = job.Matching with
        {
            ImagesPerGroup = ImagesPerGroup ?? job.Matching.ImagesPerGroup,
            Steps = Steps ?? job.Matching.Steps,
            Distance = Distance ?? job.Matching.Distance,
        },
        Attribution = Mode is null ? job.Attribution : job.Attribution with { Methods = [Mode] },
    };
}
