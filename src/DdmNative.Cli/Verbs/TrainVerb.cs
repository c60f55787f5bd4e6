using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

[Verb("train", HelpText = "Train the target network and record its trajectory.")]
internal sealed class TrainVerb : RunOptions
{
    [Option("train-per-class", MetaValue = "N", HelpText = "Training images of every class. Default: all.")]
    public int? TrainPerClass { get; set; }

    [Option("test-per-class", MetaValue = "N", HelpText = "Test images of every class. Default: all.")]
    public int? TestPerClass { get; set; }

    [Option("data-seed", MetaValue = "N", HelpText = "Chooses the images. Default: 1.")]
    public ulong? DataSeed { get; set; }

    [Option("architecture", MetaValue = "NAME", HelpText = "The network: convnet, mlp or lenet. Default: convnet.")]
    public string? Architecture { get; set; }

    [Option("width", MetaValue = "N", HelpText = "Filters of a block, or units of a hidden layer. Default: 32.")]
    public int? Width { get; set; }

    [Option("depth", MetaValue = "N", HelpText = "Blocks, or hidden layers. Default: 3.")]
    public int? Depth { get; set; }

    [Option("learning-rate", MetaValue = "X", HelpText = "The learning rate of the first step; it falls to zero along a cosine. Default: 0.02.")]
    public float? LearningRate { get; set; }

    [Option("momentum", MetaValue = "X", HelpText = "SGD's momentum. Default: 0.9.")]
    public float? Momentum { get; set; }

    [Option("batch-size", MetaValue = "N", HelpText = "Images of a step. Default: 64.")]
    public int? BatchSize { get; set; }

    [Option("epochs", MetaValue = "N", HelpText = "Passes over the training images. Default: 8.")]
    public int? Epochs { get; set; }

    protected override RunGoal Upto => RunGoal.Train;

    protected override Job Apply(Job job) => job with
    {
        Data = job.Data with
        {
            TrainPerClass = TrainPerClass ?? job.Data.TrainPerClass,
            TestPerClass = TestPerClass ?? job.Data.TestPerClass,
            Seed = DataSeed ?? job.Data.Seed,
        },
        Network = new JobNetwork
        {
            Architecture = Architecture ?? job.Network.Architecture,
            Width = Width ?? job.Network.Width,
            Depth = Depth ?? job.Network.Depth,
        },
        Training = new JobTraining
        {
            LearningRate = LearningRate ?? job.Training.LearningRate,
            Momentum = Momentum ?? job.Training.Momentum,
            BatchSize = BatchSize ?? job.Training.BatchSize,
            Epochs = Epochs ?? job.Training.Epochs,
        },
    };
}
