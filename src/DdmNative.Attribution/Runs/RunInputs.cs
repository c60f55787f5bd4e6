using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs;

/// <summary>What comes from outside, read and checked before a run folder is touched.</summary>
internal sealed class RunInputs
{
    private RunInputs(Dataset train, Dataset test, Normalization normalization, Network network, GroupTable? groups)
    {
        Train = train;
        Test = test;
        Normalization = normalization;
        Network = network;
        OwnGroups = groups;
        Sha256 = Fingerprint.Of(train, test);
    }

    /// <summary>The training images in use, normalised.</summary>
    public Dataset Train { get; }

    /// <summary>The test images in use, normalised.</summary>
    public Dataset Test { get; }

    public Normalization Normalization { get; }

    public Network Network { get; }

    /// <summary>The user's own groups, or null where they are to be made.</summary>
    public GroupTable? OwnGroups { get; }

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
        var normalization = Normalization.From(train);
        GroupTable? groups = job.Groups.File is null ? null : GroupsCsv.Read(job.Groups.File, train);
        int groupCount = groups?.Count ?? job.Groups.PerClass * train.Classes;
        RequireGroups(job, train, groups, groupCount, test.Count);
        return new RunInputs(normalization.Apply(train), normalization.Apply(test), normalization, NetworkFor(job, train), groups) { Planted = planted };
    }

    /// <summary>The recipe of the target and of every exact retraining.</summary>
    public static TrainingOptions Recipe(Job job) => new(job.Training.LearningRate, job.Training.Momentum, job.Training.BatchSize, job.Training.Epochs, job.Seed);

    /// <summary>For <c>run.json</c>.</summary>
    public DataRecord Describe()
        => new(Sha256, Train.Count, Test.Count, Train.Classes, Train.Channels, Train.Height, Train.Width, Normalization.Mean, Normalization.Std);

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
                throw new BadInputException(job.Data.Source, $"class {small}", $"{sizes[small]} training images", $"at least {job.Groups.PerClass}, one for each cluster", "Ask for fewer clusters per class.");
        }

        if (job.Validation.Groups != 0)
            RequireTwoGroups(groupCount);
        if (job.Validation.Groups > groupCount)
            throw new BadInputException("job", "validation.groups", $"{job.Validation.Groups}", $"at most {groupCount}, the number of groups", "Ask for fewer, or for all.");
        if (job.Evaluation is JobEvaluation evaluation)
            RequireEvaluation(evaluation, groupCount, testCount);
        if (job.Unlearning?.Groups.FirstOrDefault(group => group < 0 || group >= groupCount, -1) is int bad and not -1)
            throw new BadInputException("job", "unlearning.groups", $"{bad}", $"0 to {groupCount - 1}", "Name groups by their numbers in groups.csv.");
    }
}
