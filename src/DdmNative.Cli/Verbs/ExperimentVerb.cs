using CommandLine;
using DdmNative.Runs.Experiments;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("experiment",
    HelpText = "Repeat one of the paper's experiments on your data: runs that differ in one setting, with the result as a table and a "
        + "figure.")]
internal sealed class ExperimentVerb : WorkOptions
{
    [Value(0, Required = true, MetaName = "NAME",
        HelpText = "reverse-vs-forward, perturbed-accuracy, useless-data, architectures, clusters, images-per-group or initialisation.")]
    public string Name { get; set; } = "";

    [Option("run", Required = true, MetaValue = "DIR",
        HelpText = "The experiment's folder; created if it does not exist, resumed if it does.")]
    public string Folder { get; set; } = "";

    [Option("job", MetaValue = "FILE",
        HelpText = "A job file with the settings that all runs share: data, network, training, groups, the evaluation's seeds. Options "
            + "override it. Default: none; then --data is required.")]
    public string? JobPath { get; set; }

    [Sets("data.source")]
    [Option("data", MetaValue = "SPEC", HelpText = "A folder with a dataset, or generated:… Required without --job.")]
    public string? Data { get; set; }

    [Sets("data.train_per_class")]
    [Option("train-per-class", MetaValue = "N", HelpText = "Training images per class. Default: the job's, or all.")]
    public int? TrainPerClass { get; set; }

    [Sets("data.test_per_class")]
    [Option("test-per-class", MetaValue = "N", HelpText = "Test images per class. Default: the job's, or all.")]
    public int? TestPerClass { get; set; }

    [Sets("network.width")]
    [Option("width", MetaValue = "N", HelpText = "Filters per block. Default: the job's, or 32.")]
    public int? Width { get; set; }

    [Sets("training.epochs")]
    [Option("epochs", MetaValue = "N", HelpText = "Passes over the training images. Default: the job's, or 8.")]
    public int? Epochs { get; set; }

    [Sets("groups.per_class")]
    [Option("clusters", MetaValue = "N", HelpText = "Clusters per class. Default: the job's, or 5.")]
    public int? Clusters { get; set; }

    [Sets("matching.steps")]
    [Option("steps", MetaValue = "N", HelpText = "Matching steps. Default: the job's, or the best measured number.")]
    public int? Steps { get; set; }

    [Sets("attribution.methods")]
    [Option("methods", Separator = ',', MetaValue = "LIST",
        HelpText = "The methods, separated by commas, if the experiment has a choice of methods. Default: the methods that it compares.")]
    public IEnumerable<string> Methods { get; set; } = [];

    [Sets("seed")]
    [Option("seed", MetaValue = "N", HelpText = "The seed of all random numbers. Default: the job's, or 1.")]
    public ulong? Seed { get; set; }

    [Sets("evaluation.seeds")]
    [Option("seeds", MetaValue = "N", HelpText = "Seeds that every result is averaged over. Default: the job's, or 2.")]
    public int? Seeds { get; set; }

    private JsonFieldLines? _lines;

    public override void Execute(CancellationToken stop)
    {
        Experiment experiment = ExperimentCatalog.Find(Name)
            ?? throw new BadUsageException(
                $"There is no experiment '{Name}'; expected one of "
                + $"{string.Join(", ", ExperimentCatalog.All.Select(known => known.Name))}.");
        Job job = Common(stop);
        string[] methods = [.. Methods];
        if (methods.Length > 0 && experiment.DefaultMethods.Count == 0)
            throw new BadUsageException($"--methods: the methods of {Name} are fixed; remove the option.");
        Check(methods.Length > 0 ? job with { Attribution = job.Attribution with { Methods = methods } } : job, JobPath, _lines,
            RunGoal.Evaluate);
        RunSettings settings = Settings with { Overrides = Variables.InForce(job), Given = Origin!.Given };
        ExperimentResult result = RunWithProgress(
            (device, progress) => ExperimentCatalog.Run(experiment,
            new ExperimentContext(Folder, job, methods, settings, device, progress, stop)));
        ExperimentWriter.Write(experiment, result, Folder, Json);
    }

    /// <summary>The settings that all runs of the experiment share.</summary>
    private Job Common(CancellationToken stop)
    {
        if (JobPath is null && Data is null && !Variables.NamesData)
            throw new BadUsageException("Specify the data with --data DIR (or --data generated:… for a trial), or a job with --job FILE.");
        Job job = Variables.Apply(JobPath is null
            ? new Job { Data = new JobData { Source = "" } } : JobFile.Read(JobPath, out _lines, stop));
        return job with
        {
            Seed = Seed ?? job.Seed,
            Data = job.Data with { Source = Data ?? job.Data.Source, TrainPerClass = TrainPerClass
            ?? job.Data.TrainPerClass, TestPerClass = TestPerClass ?? job.Data.TestPerClass },
            Network = job.Network with { Width = Width ?? job.Network.Width },
            Training = job.Training with { Epochs = Epochs ?? job.Training.Epochs },
            Groups = job.Groups with { PerClass = Clusters ?? job.Groups.PerClass },
            Matching = job.Matching with { Steps = Steps ?? job.Matching.Steps },
            Evaluation = (job.Evaluation ?? new JobEvaluation())
            with { Seeds = Seeds ?? job.Evaluation?.Seeds ?? new JobEvaluation().Seeds },
        };
    }
}
