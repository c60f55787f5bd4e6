using CommandLine;
using DdmNative.Runs.Experiments;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("experiment", HelpText = "One of the paper's experiments on data at hand: runs that differ in one thing, and what comes of it as a table and a figure.")]
internal sealed class ExperimentVerb : WorkOptions
{
    [Value(0, Required = true, MetaName = "NAME", HelpText = "reverse-vs-forward, perturbed-accuracy, useless-data, architectures, clusters, images-per-group or initialisation.")]
    public string Name { get; set; } = "";

    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The experiment's folder: made where there is none, gone on with where there is one.")]
    public string Folder { get; set; } = "";

    [Option("job", MetaValue = "FILE", HelpText = "A job file with what all its runs have in common: data, network, training, groups, the evaluation's seeds. Options override it. Default: none; then --data is needed.")]
    public string? JobPath { get; set; }

    [Sets("data.source")]
    [Option("data", MetaValue = "SPEC", HelpText = "A folder with a data set, or generated:… Needed without --job.")]
    public string? Data { get; set; }

    [Sets("data.train_per_class")]
    [Option("train-per-class", MetaValue = "N", HelpText = "Training images of every class. Default: the job's, or all.")]
    public int? TrainPerClass { get; set; }

    [Sets("data.test_per_class")]
    [Option("test-per-class", MetaValue = "N", HelpText = "Test images of every class. Default: the job's, or all.")]
    public int? TestPerClass { get; set; }

    [Sets("network.width")]
    [Option("width", MetaValue = "N", HelpText = "Filters of a block. Default: the job's, or 32.")]
    public int? Width { get; set; }

    [Sets("training.epochs")]
    [Option("epochs", MetaValue = "N", HelpText = "Passes over the training images. Default: the job's, or 8.")]
    public int? Epochs { get; set; }

    [Sets("groups.per_class")]
    [Option("clusters", MetaValue = "N", HelpText = "Clusters per class. Default: the job's, or 5.")]
    public int? Clusters { get; set; }

    [Sets("matching.steps")]
    [Option("steps", MetaValue = "N", HelpText = "Matching steps. Default: the job's, or what was measured best.")]
    public int? Steps { get; set; }

    [Sets("attribution.methods")]
    [Option("methods", Separator = ',', MetaValue = "LIST", HelpText = "The methods, separated by commas, where the experiment lets them be chosen. Default: those that it is about.")]
    public IEnumerable<string> Methods { get; set; } = [];

    [Sets("seed")]
    [Option("seed", MetaValue = "N", HelpText = "Decides everything random. Default: the job's, or 1.")]
    public ulong? Seed { get; set; }

    [Sets("evaluation.seeds")]
    [Option("seeds", MetaValue = "N", HelpText = "Seeds that every outcome is averaged over. Default: the job's, or 2.")]
    public int? Seeds { get; set; }

    private JsonFieldLines? _lines;

    public override void Do(CancellationToken stop)
    {
        Experiment experiment = ExperimentCatalog.Find(Name)
            ?? throw new BadUsageException($"There is no experiment '{Name}'; choose {string.Join(", ", ExperimentCatalog.All.Select(known => known.Name))}.");
        Job job = Common(stop);
        string[] methods = [.. Methods];
        if (methods.Length > 0 && experiment.DefaultMethods.Count == 0)
            throw new BadUsageException($"--methods: {Name} is about methods of its own; leave it out.");
        Check(methods.Length > 0 ? job with { Attribution = job.Attribution with { Methods = methods } } : job, JobPath, _lines,
            RunGoal.Evaluate);
        RunSettings settings = Settings with { Overrides = Variables.InForce(job), Given = Origin!.Given };
        ExperimentResult result = Carried((device, progress) => ExperimentCatalog.Run(experiment, new ExperimentContext(Folder, job, methods, settings, device, progress, stop)));
        ExperimentWriter.Write(experiment, result, Folder, Json);
    }

    /// <summary>What all runs of the experiment have in common.</summary>
    private Job Common(CancellationToken stop)
    {
        if (JobPath is null && Data is null && !Variables.NamesData)
            throw new BadUsageException("Name the data with --data DIR (or --data generated:… to try things out), or a job with --job FILE.");
        Job job = Variables.Apply(JobPath is null ? new Job { Data = new JobData { Source = "" } } : JobFile.Read(JobPath, out _lines, stop));
        return job with
        {
            Seed = Seed ?? job.Seed,
            Data = job.Data with { Source = Data ?? job.Data.Source, TrainPerClass = TrainPerClass ?? job.Data.TrainPerClass, TestPerClass = TestPerClass ?? job.Data.TestPerClass },
            Network = job.Network with { Width = Width ?? job.Network.Width },
            Training = job.Training with { Epochs = Epochs ?? job.Training.Epochs },
            Groups = job.Groups with { PerClass = Clusters ?? job.Groups.PerClass },
            Matching = job.Matching with { Steps = Steps ?? job.Matching.Steps },
            Evaluation = (job.Evaluation ?? new JobEvaluation()) with { Seeds = Seeds ?? job.Evaluation?.Seeds ?? new JobEvaluation().Seeds },
        };
    }
}
