using System.Globalization;
using CommandLine;
using DdmNative.Attribution.Methods;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("evaluate",
    HelpText = "Measure attribution methods against retrained models: leave-one-out, LDS, removal curves, brittleness, mislabel "
        + "detection, time and memory.")]
internal sealed class EvaluateVerb : GroupedOptions
{
    [Sets("attribution.methods")]
    [Option("methods", Separator = ',', MetaValue = "LIST",
        HelpText = "The methods, separated by commas; as --mode, --depth and --synset of `ddm attribute` name them (repair:4, head, "
            + "block:1, all, feature), or any other (`ddm attribute --list-methods`). Default: the run's.")]
    public IEnumerable<string> Methods { get; set; } = [];

    [Sets("evaluation.metrics")]
    [Option("metrics", Separator = ',', MetaValue = "LIST",
        HelpText = "What is measured, separated by commas: leave-one-out, lds, removal, brittleness, mislabel. Default: the run's, or "
            + "all.")]
    public IEnumerable<string> Metrics { get; set; } = [];

    [Sets("evaluation.seeds")]
    [Option("seeds", MetaValue = "N", HelpText = "Seeds that every result is averaged over; two or more show the ceiling. Default: 2.")]
    public int? Seeds { get; set; }

    [Sets("evaluation.subsets")]
    [Option("subsets", MetaValue = "N",
        HelpText = "Random subsets for lds, as many for each of --subsets-of and --keep. Default: 100.")]
    public int? Subsets { get; set; }

    [Sets("evaluation.subsets_of")]
    [Option("subsets-of", Separator = ',', MetaValue = "LIST",
        HelpText = "What these subsets consist of: groups, samples (single training images), or both, separated by commas. Default: "
            + "groups.")]
    public IEnumerable<string> SubsetsOf { get; set; } = [];

    [Sets("evaluation.keep")]
    [Option("keep", Separator = ',', MetaValue = "X,X…",
        HelpText = "Shares of the groups or samples that these subsets keep, above 0 and below 1: 0.5,0.9,0.99. Default: 0.5.")]
    public IEnumerable<double> Keep { get; set; } = [];

    [Sets("evaluation.prediction_objective")]
    [Option("prediction-objective", MetaValue = "NAME",
        HelpText = "What lds measures of a single prediction: margin or loss. Default: margin.")]
    public string? PredictionObjective { get; set; }

    [Sets("evaluation.percent")]
    [Option("percent", Separator = ',', MetaValue = "P,P…",
        HelpText = "Percentages of the groups to remove, ascending, for removal and brittleness. Default: 5,10,20,40.")]
    public IEnumerable<double> Percent { get; set; } = [];

    [Sets("evaluation.predictions")]
    [Option("predictions", MetaValue = "N", HelpText = "Number of single predictions, for lds and brittleness. Default: 10.")]
    public int? Predictions { get; set; }

    [Sets("evaluation.label_noise")]
    [Option("label-noise", MetaValue = "P",
        HelpText = "Wrong labels to insert for mislabel, in percent of the training images. Default: 10.")]
    public double? LabelNoise { get; set; }

    protected override RunGoal Goal => RunGoal.Evaluate;

    protected override void Print(IAnsiConsole console, RunSummary result) => EvaluatedAnswer.Write(console, result);

    protected override string? NoteOn(Job job) => NoteOnGranularity;

    protected override Job Apply(Job job)
    {
        JobEvaluation known = job.Evaluation ?? new JobEvaluation();
        string[] methods = [.. Methods], metrics = [.. Metrics];
        string[] subsetsOf = [.. SubsetsOf];
        double[] percent = [.. Percent], keep = [.. Keep];
        if (LabelNoise is double noise && !(noise > 0 && noise < 100))
            throw new BadUsageException(
                $"--label-noise: found {noise.ToString(CultureInfo.InvariantCulture)}, expected a number above 0 and below 100, "
                + "in percent.");
        return ApplyGroups(job) with
        {
            // An evaluation removes groups.
            Attribution = job.Attribution with { Methods = methods.Length == 0 ? job.Attribution.Methods : methods,
                Granularity = Granularity.Group },
            Evaluation = known with
            {
                Metrics = metrics.Length == 0 ? known.Metrics : metrics,
                Seeds = Seeds ?? known.Seeds,
                Subsets = Subsets ?? known.Subsets,
                SubsetsOf = subsetsOf.Length == 0 ? known.SubsetsOf : subsetsOf,
                Keep = keep.Length == 0 ? known.Keep : keep,
                PredictionObjective = PredictionObjective ?? known.PredictionObjective,
                Percent = percent.Length == 0 ? known.Percent : percent,
                Predictions = Predictions ?? known.Predictions,
                LabelNoise = LabelNoise / 100 ?? known.LabelNoise,
            },
        };
    }
}
