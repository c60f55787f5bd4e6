using CommandLine;
using DdmNative.Attribution.Networks;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

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
        HelpText = "The network: convnet, mlp, lenet, resnet9, resnet18, resnet18-imagenet, vgg11, alexnet or logistic. "
            + "Default: convnet; for features of any model logistic.")]
    public string? Architecture { get; set; }

    [Sets("network.width")]
    [Option("width", MetaValue = "N",
        HelpText = "Channels of every block (convnet) or of the first convolution, or units per hidden layer; not for lenet and "
            + "logistic. Default: the usual number, 32 for convnet and mlp, 64 for resnet9, resnet18 and vgg11, 128 for alexnet.")]
    public int? Width { get; set; }

    [Sets("network.depth")]
    [Option("depth", MetaValue = "N", HelpText = "Blocks of convnet, or hidden layers of mlp. Default: 3.")]
    public int? Depth { get; set; }

    [Sets("network.hidden")]
    [Option("hidden", Separator = ',', MetaValue = "N,N…",
        HelpText = "The units of each hidden layer of mlp, instead of --width and --depth. Default: none.")]
    public IEnumerable<int> Hidden { get; set; } = [];

    [Sets("network.dropout")]
    [Option("dropout", MetaValue = "X", HelpText = "The probability that a hidden unit of mlp is dropped in training. Default: 0.")]
    public double? Dropout { get; set; }

    [Sets("network.activation")]
    [Option("activation", MetaValue = "NAME", HelpText = "The nonlinearity: relu or gelu. Default: relu.")]
    public string? Activation { get; set; }

    [Sets("network.norm")]
    [Option("norm", MetaValue = "NAME",
        HelpText = "The norm of the convolutions: instance, batch or group. Default: the usual one, batch for resnet9 and resnet18, "
            + "instance for convnet and vgg11.")]
    public string? Norm { get; set; }

    [Sets("training.learning_rate")]
    [Option("learning-rate", MetaValue = "X",
        HelpText = "The highest learning rate, from which it falls to zero. Default: 0.02.")]
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

    [Sets("training.weight_decay")]
    [Option("weight-decay", MetaValue = "X", HelpText = "X times every parameter is added to its gradient. Default: 0.")]
    public float? WeightDecay { get; set; }

    [Sets("training.nesterov")]
    [Option("nesterov", MetaValue = "true|false", HelpText = "Whether the momentum is Nesterov's. Default: false.")]
    public bool? Nesterov { get; set; }

    [Sets("training.schedule")]
    [Option("schedule", MetaValue = "NAME",
        HelpText = "How the learning rate falls: cosine, or one-cycle, which rises and falls linearly. Default: cosine.")]
    public string? Schedule { get; set; }

    [Sets("training.warmup")]
    [Option("warmup", MetaValue = "X",
        HelpText = "The share of the training in which the learning rate rises. Default: 0 with cosine, 0.2 with one-cycle.")]
    public float? Warmup { get; set; }

    [Sets("training.label_smoothing")]
    [Option("label-smoothing", MetaValue = "X",
        HelpText = "The share of a training label that is spread over all classes. Default: 0.")]
    public float? LabelSmoothing { get; set; }

    [Sets("training.crop")]
    [Option("crop", MetaValue = "N",
        HelpText = "Each training image is moved by a random number of pixels up to N along each axis, drawn again in every epoch. "
            + "Default: 0.")]
    public int? Crop { get; set; }

    [Sets("training.flip")]
    [Option("flip", MetaValue = "true|false",
        HelpText = "Whether training images are mirrored with probability 1/2, drawn again in every epoch. Default: false.")]
    public bool? Flip { get; set; }

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

    protected override void Print(IAnsiConsole console, RunSummary result) => TrainedAnswer.Write(console, result);

    protected override Job Apply(Job job)
    {
        RequireUsed(Architecture ?? NetworkOf(job).Architecture);
        return Changed(job);
    }

    /// <summary>Rejects options that the architecture does not use.</summary>
    private void RequireUsed(string architecture)
    {
        if (NetworkRegistry.Find(architecture) is not NetworkDescription network)
            return;
        foreach ((string option, int? value, int? usual) in (ReadOnlySpan<(string, int?, int?)>)
            [("--width", Width, network.StandardWidth), ("--depth", Depth, network.StandardDepth)])
        {
            if (value is not null && usual is null)
                throw new BadUsageException($"{option}: found {value} for {architecture}, which has no {option[2..]}; remove the option.");
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
        Network = ChangedNetwork(NetworkOf(job)),
        Training = job.Training with
        {
            LearningRate = LearningRate ?? job.Training.LearningRate,
            Momentum = Momentum ?? job.Training.Momentum,
            BatchSize = BatchSize ?? job.Training.BatchSize,
            Epochs = Epochs ?? job.Training.Epochs,
            WeightDecay = WeightDecay ?? job.Training.WeightDecay,
            Nesterov = Nesterov ?? job.Training.Nesterov,
            Schedule = Schedule ?? job.Training.Schedule,
            Warmup = Warmup ?? job.Training.Warmup,
            LabelSmoothing = LabelSmoothing ?? job.Training.LabelSmoothing,
            Crop = Crop ?? job.Training.Crop,
            Flip = Flip ?? job.Training.Flip,
        },
    };

    /// <summary>
    /// The run's network; the default if another target is given, because the target's network replaces it, and without the size of another
    /// architecture.
    /// </summary>
    private JobNetwork NetworkOf(Job job)
        => Target is not null || (Architecture is not null && Architecture != job.Network.Architecture)
            ? new JobNetwork { Architecture = Architecture ?? new JobNetwork().Architecture } : job.Network;

    private JobNetwork ChangedNetwork(JobNetwork network)
    {
        bool hasHidden = Hidden.Any(), hasSize = Width is not null || Depth is not null;
        return network with
        {
            Width = hasHidden ? Width : Width ?? network.Width,
            Depth = hasHidden ? Depth : Depth ?? network.Depth,
            Hidden = hasHidden ? [.. Hidden] : hasSize ? null : network.Hidden,
            Dropout = Dropout ?? network.Dropout,
            Activation = Activation ?? network.Activation,
            Norm = Norm ?? network.Norm,
        };
    }

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
