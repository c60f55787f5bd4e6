using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Networks;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs;

/// <summary>The inputs of a run, read and checked before its folder is changed.</summary>
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

    /// <summary>The job; if there is a given target, with that target's network.</summary>
    public Job Job { get; }

    /// <summary>The training images in use, normalised.</summary>
    public Dataset Train { get; }

    /// <summary>The test images in use, normalised.</summary>
    public Dataset Test { get; }

    public Normalization Normalization { get; }

    public Network Network { get; }

    /// <summary>The values of black and white in pictures of the images, before normalisation.</summary>
    public PixelRange Pixels { get; private init; } = PixelRange.Unit;

    /// <summary>Notes for the user about how the data were read.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The user's own groups, or null if they are clustered.</summary>
    public GroupTable? OwnGroups { get; }

    /// <summary>The network that was trained elsewhere; null if the target is trained here.</summary>
    public ImportedTarget? Target { get; private init; }

    /// <summary>The groups to forget, ascending; empty if the job names none.</summary>
    public int[] Forgotten { get; private init; } = [];

    /// <summary>[N]: which training images have a deliberately wrong label; null if there are none.</summary>
    public bool[]? Planted { get; private init; }

    /// <summary>SHA-256 of all data in use.</summary>
    public string Sha256 { get; }

    /// <summary>Reads the data, selects the subsets, and creates the network according to the job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="goal">The goal: only requirements of its work are checked against the data.</param>
    /// <param name="given">Fields that were set explicitly, even to the default value; null for none.</param>
    /// <exception cref="BadInputException">An input is missing or wrong, or inputs do not fit together.</exception>
    public static RunInputs Load(Job job, RunGoal goal = RunGoal.Everything, IReadOnlySet<string>? given = null)
    {
        (Dataset train, Dataset test) = Named(DatasetLocator.Open(job.Data.Source), job.Data.ClassNames);
        if (train.IsFeatures)
            job = FeatureDefaults.Apply(job, train, given ?? new HashSet<string>());
        if (job.Data.TrainPerClass is int perClass)
            train = train.PerClassSubset(perClass, job.Data.Seed);
        if (job.Data.TestPerClass is int testPerClass)
            test = test.PerClassSubset(testPerClass, job.Data.Seed);
        bool[]? planted = null;
        if (job.Data.LabelNoise > 0 && train.Classes > 1)
            (train, planted) = LabelNoise.Plant(train, job.Data.LabelNoise, job.Data.Seed);
        if (train.Count == 0 || test.Count == 0)
            throw new BadInputException(job.Data.Source, "samples", $"{train.Count} for training and {test.Count} for testing",
                "at least one of each", "Use another dataset.");
        if (goal.Attributes())
            _ = JobObjectives.Expand(job.Attribution.Objectives, test.Labels);
        GroupTable? groups = job.Groups.File is null ? null : GroupsCsv.Read(job.Groups.File, train);
        int groupCount = groups?.Count ?? job.Groups.PerClass * train.Classes;
        if (goal.Groups())
            RequireGroups(job, goal, train, groups, groupCount, test.Count);

        TargetFiles? files = job.Target is null ? null : TargetFiles.Read(job.Target);
        if (files is not null)
            job = job with { Network = files.NetworkFor(job.Network, given ?? new HashSet<string>()) };
        if (train.IsFeatures)
            FeatureDefaults.Require(job, goal);
        job = job with { Network = job.Network.Complete() };
        Network network = NetworkFor(job, train);
        RequireDepth(job, goal, network);
        RequireCrop(job, train);
        Normalization normalization = NormalizationFor(job.Data, train, files);
        return new RunInputs(job, normalization.Apply(train), normalization.Apply(test), normalization, network, groups)
        {
            Planted = planted,
            Pixels = PixelRange.Of(train),
            Notes = [.. train.Notes, .. test.Notes, .. ConstantChannels(train)],
            Target = files?.For(network, Recipe(job).TotalSteps(train.Count)),
            Forgotten = Forget(job, goal, groups, groupCount, train.ClassNames),
        };
    }

    /// <summary>The training options of the target and of every exact retraining.</summary>
    public static TrainingOptions Recipe(Job job) => job.Training.ToOptions(job.Seed);

    /// <summary>How much work the run's steps are.</summary>
    public TrainingPasses Passes
        => new(Network, Recipe(Job), Train.Count, OwnGroups?.Count ?? Job.Groups.PerClass * Train.Classes, Test.Count);

    /// <summary>For <c>run.json</c>.</summary>
    public DataRecord Describe()
        => new(Sha256, Train.Count, Test.Count, Train.Classes, Train.Channels, Train.Height, Train.Width, Normalization.Mean,
            Normalization.Std);

    /// <summary>The data with the job's names of the classes; with their own if the job has none.</summary>
    private static (Dataset Train, Dataset Test) Named((Dataset Train, Dataset Test) data, IReadOnlyList<string>? names)
    {
        if (names is null)
            return data;
        int classes = data.Train.Classes;
        if (names.Count != classes)
            throw BadInputException.OfJob("data.class_names", $"{names.Count} {(names.Count == 1 ? "name" : "names")}",
                $"{classes}, one for each class", "Name every class, in the order of the labels.");
        return (data.Train.WithClassNames(names), data.Test.WithClassNames(names));
    }

    /// <summary>Notes for channels that have the same value in all images.</summary>
    private static string[] ConstantChannels(Dataset train)
    {
        if (train.IsFeatures)
            return [];
        int area = train.Height * train.Width;
        int[] constant = [.. Enumerable.Range(0, train.Channels).Where(c =>
            Enumerable.Range(0, train.Count).All(n => !train.Image(n).Slice(c * area, area).ContainsAnyExcept(train.Images[c * area])))];
        return constant.Length == 0 ? []
            : [$"{train.Name}: channel {string.Join(", ", constant)} of {train.Channels} is constant: it has the same value "
                + "in all images."];
    }

    private static Network NetworkFor(Job job, Dataset train)
    {
        NetworkOptions options = job.Network.OptionsFor(new ImageShape(train.Channels, train.Height, train.Width), train.Classes);
        if (train.Classes < 2)
            throw new BadInputException(job.Data.Source, "classes", $"{train.Classes}", "at least 2: a classifier distinguishes classes",
                "Use data with more classes.");
        try
        {
            return NetworkFit.Fault(options) is BadInputException fault ? throw fault : Network.Create(options);
        }
        catch (ArgumentException e)
        {
            throw BadInputException.OfJob("network.width",
                $"{options.Describe()} on images of {options.Input}",
                $"a network of at most {int.MaxValue} parameters", "Lower the width.", e);
        }
    }

    /// <summary>
    /// Returns the job's normalisation, otherwise the target file's, otherwise that of the training images; features are used as they are.
    /// </summary>
    private static Normalization NormalizationFor(JobData data, Dataset train, TargetFiles? files)
    {
        if (data.Mean is null || data.Std is null)
            return (files is null ? null : CheckpointMetadata.NormalizationOf(files.Target, train.Channels))
                ?? (train.IsFeatures ? Normalization.Identity(train.Channels) : Normalization.From(train));
        if (data.Mean.Count != 1 && data.Mean.Count != train.Channels)
            throw BadInputException.OfJob("data.mean", $"{data.Mean.Count} numbers",
                $"one for each of the {train.Channels} channels, or one for all", "Correct data.mean and data.std.");
        return new Normalization(PerChannel(data.Mean), PerChannel(data.Std));

        double[] PerChannel(IReadOnlyList<double> values)
            => values.Count == 1 ? [.. Enumerable.Repeat(values[0], train.Channels)] : [.. values];
    }

    /// <summary>Rejects a crop that can leave nothing of an image.</summary>
    private static void RequireCrop(Job job, Dataset train)
    {
        int most = Math.Min(train.Height, train.Width) - 1;
        if (job.Training.Crop > most)
            throw BadInputException.OfJob("training.crop", $"{job.Training.Crop}",
                $"at most {most} for images of {train.Height}×{train.Width} pixels", "Use fewer pixels, or 0 for no crop.");
    }

    /// <summary>Rejects a method that needs more blocks than the network has.</summary>
    private static void RequireDepth(Job job, RunGoal goal, Network network)
    {
        IEnumerable<(string Field, string Method)> named = goal.Attributes()
            ? job.Attribution.Methods.SelectMany((method, i) => MethodRegistry.Parts(method)
            .Select(part => ($"attribution.methods[{i}]", part))) : [];
        if (goal.Unlearns() && job.Unlearning is JobUnlearning unlearning)
            named = named.Append(("unlearning.method", unlearning.Method));
        foreach ((string field, string method) in named.Where(entry => MethodRegistry.Create(entry.Method) is DepthMethod depth
            && depth.Blocks > network.BlockCount))
        {
            string expected = network.BlockCount == 0 ? $"head or all: {network.Options.Architecture} is a head alone"
                : $"block:1 to block:{network.BlockCount}, the network's depth";
            throw BadInputException.OfJob(field, $"'{method}'", expected, "Use fewer blocks, or all.");
        }
    }

    /// <summary>
    /// The groups to forget. If unlearning is not requested now, a request that no longer matches the groups selects none.
    /// </summary>
    private static int[] Forget(Job job, RunGoal goal, GroupTable? groups, int groupCount, IReadOnlyList<string>? classNames)
    {
        if (job.Unlearning is null)
            return [];
        try
        {
            return GroupSelector.Resolve(job.Unlearning,
                groups?.ClassOf ?? [.. Enumerable.Range(0, groupCount).Select(g => g / job.Groups.PerClass)],
                groups?.ClusterOf ?? [.. Enumerable.Range(0, groupCount).Select(g => g % job.Groups.PerClass)], groups?.Names,
                classNames);
        }
        catch (BadInputException) when (!goal.Unlearns())
        {
            return [];
        }
    }

    /// <summary>The number of columns of the matrix (classes, groups or samples), which is known before any is computed.</summary>
    public int PartCount(string granularity) => granularity switch
    {
        Granularity.Sample => Train.Count,
        Granularity.Class => Train.Labels.Distinct().Count(),
        _ => OwnGroups?.Count ?? Job.Groups.PerClass * Train.Classes,
    };

    /// <summary>Checks the requirement of retraining without a group.</summary>
    /// <exception cref="BadInputException">There is only one group.</exception>
    public static void RequireTwoGroups(Job job, int groupCount)
    {
        if (groupCount < 2)
            throw BadInputException.OfJob(job.Groups.File is null ? "groups.per_class" : "groups.file", $"{groupCount} group",
                "two or more groups: without its only group a model has no training data", "Divide the training set into more groups.");
    }

    private static void RequireEvaluation(Job job, JobEvaluation evaluation, int groupCount, int trainCount, int testCount)
    {
        if (!evaluation.IsOfSamplesOnly)
            RequireTwoGroups(job, groupCount);
        if (evaluation.HasSubsetsOf(SubsetSetting.Samples) && trainCount < 2)
            throw BadInputException.OfJob("evaluation.subsets_of", $"{SubsetSetting.Samples} with {trainCount} training image",
                "two or more training images: without its only image a model has no training data", "Use more images.");
        foreach (SubsetSetting setting in evaluation.Settings.Where(setting => evaluation.HasSubsetsOf(setting.SubsetsOf)))
            RequireSubsets(evaluation, setting, setting.SubsetsOf == SubsetSetting.Samples ? trainCount : groupCount);
        if (evaluation.Predictions > testCount)
            throw BadInputException.OfJob("evaluation.predictions", $"{evaluation.Predictions}",
                $"at most {testCount}, the test images in use", "Use fewer.");
    }

    /// <summary>Rejects more random subsets than there are different ones.</summary>
    private static void RequireSubsets(JobEvaluation evaluation, SubsetSetting setting, int parts)
    {
        if (RandomSubsets.Different(parts, setting.Keep) is not long different || evaluation.Subsets <= different)
            return;
        throw setting.IsDefault
            ? BadInputException.OfJob("evaluation.subsets", $"{evaluation.Subsets}",
                $"at most {different}, the different halves of {parts} groups", "Use fewer subsets, or more groups.")
            : BadInputException.OfJob("evaluation.subsets", $"{evaluation.Subsets}",
                $"at most {different}: so many different subsets of {parts} {setting.SubsetsOf} keep {setting.KeepText} of them, "
                + $"all but {RandomSubsets.RemovedOf(parts, setting.Keep)}",
                $"Use fewer subsets, more {setting.SubsetsOf}, or a share (evaluation.keep) nearer to 0.5.");
    }

    private static void RequireGroups(Job job, RunGoal goal, Dataset train, GroupTable? groups, int groupCount, int testCount)
    {
        if (groups is null)
            RequireClusters(job, train);
        if (goal.Validates() && job.Validation.Groups != 0)
            RequireTwoGroups(job, groupCount);
        if (goal.Validates() && job.Validation.Groups > groupCount)
            throw BadInputException.OfJob("validation.groups", $"{job.Validation.Groups}", $"at most {groupCount}, the number of groups",
                "Use fewer, or all.");
        if (goal.Evaluates() && job.Evaluation is JobEvaluation evaluation)
            RequireEvaluation(job, evaluation, groupCount, train.Count, testCount);
    }

    /// <summary>Checks the requirement of clusters in each class.</summary>
    /// <exception cref="BadInputException">A class has fewer images than clusters.</exception>
    public static void RequireClusters(Job job, Dataset train)
    {
        int[] sizes = new int[train.Classes];
        foreach (int label in train.Labels)
            sizes[label]++;
        int small = Array.FindIndex(sizes, size => size < job.Groups.PerClass);
        if (small >= 0)
            throw new BadInputException(job.Data.Source, train.DescribeClass(small), $"{sizes[small]} training images",
                $"at least {job.Groups.PerClass}, one for each cluster",
                sizes[small] == 0 ? ClassCount.NoSamples : "Use fewer clusters per class (groups.per_class).")
            {
                JobField = "groups.per_class",
            };
    }
}
