using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Runs.Checkpoints;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs;

/// <summary>What comes from outside, read and checked before a run folder is touched.</summary>
internal sealed class RunInputs
{
    private RunInputs(Job job, Dataset train, Dataset test, Normalization normalization, Network network, GroupTable? groups)
    {
        Job = job;
        Train = train;
        Test = test;
        Normalization = normalization;
        Network = network;
        OwnGroups = groups;
        Sha256 = Fingerprint.Of(train, test);
    }

    /// <summary>The job, its network that of the given target where there is one.</summary>
    public Job Job { get; }

    /// <summary>The training images in use, normalised.</summary>
    public Dataset Train { get; }

    /// <summary>The test images in use, normalised.</summary>
    public Dataset Test { get; }

    public Normalization Normalization { get; }

    public Network Network { get; }

    /// <summary>What is black and white in pictures of the images, before they were normalised.</summary>
    public PixelRange Pixels { get; private init; } = PixelRange.Unit;

    /// <summary>What the user should know of how the data were read.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The user's own groups, or null where they are to be made.</summary>
    public GroupTable? OwnGroups { get; }

    /// <summary>The network that was trained elsewhere; null where it is to be trained here.</summary>
    public ImportedTarget? Target { get; private init; }

    /// <summary>The groups to forget, ascending; empty where the job names none.</summary>
    public int[] Forgotten { get; private init; } = [];

    /// <summary>[N]: which training images got a wrong label on purpose; null where none did.</summary>
    public bool[]? Planted { get; private init; }

    /// <summary>Of all of the data in use.</summary>
    public string Sha256 { get; }

    /// <summary>Reads the data, takes the subsets, and builds the network, all as the job says.</summary>
    /// <exception cref="BadInputException">Something is missing or wrong, or does not fit together.</exception>
    public static RunInputs Load(Job job)
    {
        (Dataset train, Dataset test) = DatasetLocator.Open(job.Data.Source);
        if (job.Data.TrainPerClass is int perClass)
            train = train.PerClassSubset(perClass, job.Data.Seed);
        if (job.Data.TestPerClass is int testPerClass)
            test = test.PerClassSubset(testPerClass, job.Data.Seed);
        bool[]? planted = null;
        if (job.Data.LabelNoise > 0 && train.Classes > 1)
            (train, planted) = LabelNoise.Plant(train, job.Data.LabelNoise, job.Data.Seed);
        if (train.Count == 0 || test.Count == 0)
            throw new BadInputException(job.Data.Source, "samples", $"{train.Count} for training and {test.Count} for testing", "some of each", "Use another data set.");
        _ = JobObjectives.Expand(job.Attribution.Objectives, test.Labels);
        GroupTable? groups = job.Groups.File is null ? null : GroupsCsv.Read(job.Groups.File, train);
        int groupCount = groups?.Count ?? job.Groups.PerClass * train.Classes;
        RequireGroups(job, train, groups, groupCount, test.Count);
        int[] forgotten = job.Unlearning is null ? [] : GroupSelector.Resolve(job.Unlearning,
            groups?.ClassOf ?? [.. Enumerable.Range(0, groupCount).Select(g => g / job.Groups.PerClass)],
            groups?.ClusterOf ?? [.. Enumerable.Range(0, groupCount).Select(g => g % job.Groups.PerClass)], groups?.Names);

        TargetFiles? files = job.Target is null ? null : TargetFiles.Read(job.Target);
        if (files is not null)
            job = job with { Network = files.NetworkFor(job.Network) };
        Network network = NetworkFor(job, train);
        RequireDepth(job, network);
        Normalization normalization = NormalizationFor(job.Data, train, files);
        return new RunInputs(job, normalization.Apply(train), normalization.Apply(test), normalization, network, groups)
        {
            Planted = planted,
            Pixels = PixelRange.Of(train),
            Notes = [.. train.Notes, .. test.Notes, .. ConstantChannels(train)],
            Target = files?.For(network, Recipe(job).TotalSteps(train.Count)),
            Forgotten = forgotten,
        };
    }

    /// <summary>The recipe of the target and of every exact retraining.</summary>
    public static TrainingOptions Recipe(Job job) => new(job.Training.LearningRate, job.Training.Momentum, job.Training.BatchSize, job.Training.Epochs, job.Seed);

    /// <summary>For <c>run.json</c>.</summary>
    public DataRecord Describe()
        => new(Sha256, Train.Count, Test.Count, Train.Classes, Train.Channels, Train.Height, Train.Width, Normalization.Mean, Normalization.Std);

    /// <summary>A note where a channel holds nothing to learn from.</summary>
    private static string[] ConstantChannels(Dataset train)
    {
        int area = train.Height * train.Width;
        int[] constant = [.. Enumerable.Range(0, train.Channels).Where(c =>
            Enumerable.Range(0, train.Count).All(n => !train.Image(n).Slice(c * area, area).ContainsAnyExcept(train.Images[c * area])))];
        return constant.Length == 0 ? []
            : [$"{train.Name}: channel {string.Join(", ", constant)} of {train.Channels} is constant: it has one value in all images."];
    }

    private static Network NetworkFor(Job job, Dataset train)
    {
        var input = new ImageShape(train.Channels, train.Height, train.Width);
        try
        {
            return Network.Create(new NetworkOptions(job.Network.Architecture, job.Network.Width, job.Network.Depth, input, train.Classes));
        }
        catch (ArgumentException e)
        {
            throw new BadInputException("job", "network", e.Message, "a network that fits the images", "Change the network's settings.", e);
        }
    }

    /// <summary>As the job says, else as the target's file says, else as the training images are.</summary>
    private static Normalization NormalizationFor(JobData data, Dataset train, TargetFiles? files)
    {
        if (data.Mean is null || data.Std is null)
            return files is null ? Normalization.From(train) : CheckpointMetadata.NormalizationOf(files.Target, train.Channels) ?? Normalization.From(train);
        if (data.Mean.Count != 1 && data.Mean.Count != train.Channels)
            throw new BadInputException("job", "data.mean", $"{data.Mean.Count} numbers", $"one for each of the {train.Channels} channels, or one for all", "Correct data.mean and data.std.");
        return new Normalization(PerChannel(data.Mean), PerChannel(data.Std));

        double[] PerChannel(IReadOnlyList<double> values) => values.Count == 1 ? [.. Enumerable.Repeat(values[0], train.Channels)] : [.. values];
    }

    /// <summary>No method may reach below the network's lowest block.</summary>
    private static void RequireDepth(Job job, Network network)
    {
        foreach (string method in AttributionMethods.Parts(job.Attribution.Methods).Append(job.Unlearning?.Method ?? "").Where(method => AttributionMethods.Blocks(method) > network.BlockCount))
            throw new BadInputException("job", "method", $"'{method}'", $"block:1 to block:{network.BlockCount}, the network's depth", "Name fewer blocks, or all.");
    }

    /// <summary>What retraining without a group needs.</summary>
    /// <exception cref="BadInputException">There is only one group.</exception>
    public static void RequireTwoGroups(int groupCount)
    {
        if (groupCount < 2)
            throw new BadInputException("job", "groups", $"{groupCount}", "two or more groups: without its only one a model has nothing to train on", "Cut the training set into more groups (groups.per_class).");
    }

    private static void RequireEvaluation(JobEvaluation evaluation, int groupCount, int testCount)
    {
        RequireTwoGroups(groupCount);
        if (evaluation.Metrics.Contains(EvaluationMetrics.LinearDatamodeling) && HalfSubsets.Halves(groupCount) is long halves && evaluation.Subsets > halves)
            throw new BadInputException("job", "evaluation.subsets", $"{evaluation.Subsets}", $"at most {halves}, the different halves of {groupCount} groups", "Ask for fewer subsets, or for more groups.");
        if (evaluation.Predictions > testCount)
            throw new BadInputException("job", "evaluation.predictions", $"{evaluation.Predictions}", $"at most {testCount}, the test images in use", "Ask for fewer.");
    }

    private static void RequireGroups(Job job, Dataset train, GroupTable? groups, int groupCount, int testCount)
    {
        if (groups is null)
        {
            int[] sizes = new int[train.Classes];
            foreach (int label in train.Labels)
                sizes[label]++;
            int small = Array.FindIndex(sizes, size => size < job.Groups.PerClass);
            if (small >= 0)
                throw new BadInputException(job.Data.Source, train.DescribeClass(small), $"{sizes[small]} training images",
                    $"at least {job.Groups.PerClass}, one for each cluster",
                    sizes[small] == 0 ? ClassCount.NoSamples : "Ask for fewer clusters per class.");
        }

        if (job.Validation.Groups != 0)
            RequireTwoGroups(groupCount);
        if (job.Validation.Groups > groupCount)
            throw new BadInputException("job", "validation.groups", $"{job.Validation.Groups}", $"at most {groupCount}, the number of groups", "Ask for fewer, or for all.");
        if (job.Evaluation is JobEvaluation evaluation)
            RequireEvaluation(evaluation, groupCount, testCount);
    }
}
