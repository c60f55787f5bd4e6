using CommandLine;
using DdmNative.Attribution.Networks;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

[Verb("train", HelpText = "Train the target network and record its trajectory.")]
internal sealed class TrainVerb : RunOptions
{
    [Sets("data.train_per_class")]
    [Option("train-per-class", MetaValue = "N", HelpText = "Training images per class. Default: all.")]
    public int? TrainPerClass { get; set; }

    [Sets("data.test_per_class")]
    [Option("test-per-class", MetaValue = "N", HelpText = "Test images per class. Default: all.")]
    public int? TestPerClass { get; set; }

    [Sets("data.seed")]
    [Option("data-seed", MetaValue = "N", HelpText = "The seed that selects the images. Default: 1.")]
    public ulong? DataSeed { get; set; }

    [Sets("network.architecture")]
    [Option("architecture", MetaValue = "NAME",
        HelpText = "The network: convnet, mlp or lenet. Default: convnet; for features of any model mlp.")]
    public string? Architecture { get; set; }

    [Sets("network.width")]
    [Option("width", MetaValue = "N", HelpText = "Filters per block, or units per hidden layer; not for lenet. Default: 32.")]
    public int? Width { get; set; }

    [Sets("network.depth")]
    [Option("depth", MetaValue = "N",
        HelpText = "Blocks, or hidden layers; not for lenet. Default: 3; for features of any model 0, softmax regression.")]
    public int? Depth { get; set; }

    [Sets("training.learning_rate")]
    [Option("learning-rate", MetaValue = "X",
        HelpText = "The learning rate of the first step; it decreases to zero along a cosine. Default: 0.02.")]
    public float? LearningRate { get; set; }

    [Sets("training.momentum")]
    [Option("momentum", MetaValue = "X", HelpText = "SGD's momentum. Default: 0.9.")]
    public float? Momentum { get; set; }

    [Sets("training.batch_size")]
    [Option("batch-size", MetaValue = "N", HelpText = "Images per step. Default: 64.")]
    public int? BatchSize { get; set; }

    [Sets("training.epochs")]
    [Option("epochs", MetaValue = "N", HelpText = "Passes over the training images. Default: 8.")]
    public int? Epochs { get; set; }

    [Sets("target.file")]
    [Option("target", MetaValue = "FILE",
        HelpText = "Instead of training: a network trained in PyTorch, as safetensors (docs/interchange.md). The file determines "
            + "architecture, width and depth. Default: none; the network is trained.")]
    public string? Target { get; set; }

    [Sets("target.trajectory")]
    [Option("trajectory", MetaValue = "DIR",
        HelpText = "With --target: checkpoints of its training, step-000000.safetensors and so on, for methods that need them. Default: "
            + "none.")]
    public string? Trajectory { get; set; }

    [Sets("target.name_map")]
    [Option("name-map", MetaValue = "FILE",
        HelpText = "With --target: a JSON object that maps the file's tensor names to ddm's, if they are not the documented ones. "
            + "Default: none.")]
    public string? NameMap { get; set; }

    [Sets("data.mean")]
    [Option("mean", Separator = ',', MetaValue = "X,X…",
        HelpText = "The mean for normalising images with pixels from 0 to 1: one for each channel, or one for all. Default: the target "
            + "file's, or the training images'.")]
    public IEnumerable<double> Mean { get; set; } = [];

    [Sets("data.std")]
    [Option("std", Separator = ',', MetaValue = "X,X…", HelpText = "The same for the standard deviation. Default: as for --mean.")]
    public IEnumerable<double> Std { get; set; } = [];

    protected override RunGoal Goal => RunGoal.Train;

    protected override Job Apply(Job job)
    {
        RequireUsed(Architecture ?? NetworkOf(job).Architecture);
        return Changed(job);
    }

    /// <summary>Rejects options that the architecture does not use.</summary>
    private void RequireUsed(string architecture)
    {
        if (NetworkRegistry.Find(architecture) is not { HasFixedSize: true })
            return;
        foreach ((string option, int? value) in (ReadOnlySpan<(string, int?)>)[("--width", Width), ("--depth", Depth)])
        {
            if (value is not null)
                throw new BadUsageException($"{option}: found {value} for {architecture}, which has a fixed size; remove the option.");
        }
    }

    private Job Changed(Job job) => job with
    {
        Data = job.Data with
        {
            TrainPerClass = TrainPerClass ?? job.Data.TrainPerClass,
            TestPerClass = TestPerClass ?? job.Data.TestPerClass,
            Seed = DataSeed ?? job.Data.Seed,
            Mean = Mean.Any() ? [.. Mean] : job.Data.Mean,
            Std = Std.Any() ? [.. Std] : job.Data.Std,
        },
        Target = GivenTarget(job),
        Network = new JobNetwork
        {
            Architecture = Architecture ?? NetworkOf(job).Architecture,
            Width = Width ?? NetworkOf(job).Width,
            Depth = Depth ?? NetworkOf(job).Depth,
        },
        Training = new JobTraining
        {
            LearningRate = LearningRate ?? job.Training.LearningRate,
            Momentum = Momentum ?? job.Training.Momentum,
            BatchSize = BatchSize ?? job.Training.BatchSize,
            Epochs = Epochs ?? job.Training.Epochs,
        },
    };

    /// <summary>The run's network; the default if another target is given, because the target's network replaces it.</summary>
    private JobNetwork NetworkOf(Job job) => Target is null ? job.Network : new JobNetwork();

    private JobTarget? GivenTarget(Job job)
    {
        if (Target is null && job.Target is null && (Trajectory ?? NameMap) is not null)
            throw new BadUsageException("--trajectory and --name-map need a network trained elsewhere: specify it with --target FILE.");
        return Target is null && job.Target is null ? null : new JobTarget
        {
            File = Target ?? job.Target!.File,
            Trajectory = Trajectory ?? (Target is null ? job.Target!.Trajectory : null),
            NameMap = NameMap ?? (Target is null ? job.Target!.NameMap : null),
        };
    }
}
