using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Summaries;

/// <summary>What a run found, as the terminal, <c>--json</c> and the report show it. What has not been done is null or empty.</summary>
public sealed record RunSummary
{
    /// <summary>The run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>The share of test images that the target classifies correctly.</summary>
    public double? TestAccuracy { get; init; }

    public double? TestLoss { get; init; }

    /// <summary>How the numbers below are signed.</summary>
    public string? Convention { get; init; }

    /// <summary>The objective of the two lists: the first of the job's.</summary>
    public string? Objective { get; init; }

    /// <summary>The groups whose presence improves the objective most, best first: five, or half of them where there are fewer than ten.</summary>
    public IReadOnlyList<GroupEffect> MostHelpful { get; init; } = [];

    /// <summary>The groups whose presence improves the objective least, or harms it, worst first: as many, none of them among the most helpful.</summary>
    public IReadOnlyList<GroupEffect> MostHarmful { get; init; } = [];

    /// <summary>The methods, the first the one of the lists.</summary>
    public IReadOnlyList<MethodSummary> Methods { get; init; } = [];

    /// <summary>Groups that were retrained without.</summary>
    public int? RetrainedGroups { get; init; }

    /// <summary>Seeds that the exact effects are averaged over.</summary>
    public int? RetrainedSeeds { get; init; }

    /// <summary>Correlations of what every method must beat, by its name, where asked for.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Baselines { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, double>>();

    /// <summary>Correlations of one seed's exact effects with the mean of the others', where there are several seeds.</summary>
    public IReadOnlyDictionary<string, double> Ceiling { get; init; } = new Dictionary<string, double>();

    /// <summary>The methods measured against retrained models, where asked for.</summary>
    public EvaluationSummary? Evaluation { get; init; }

    /// <summary>Accuracy and loss of the model that has forgotten some groups, where one was asked for: on the forgotten and the kept training images and on the test images, each also as before.</summary>
    public IReadOnlyDictionary<string, double>? Unlearned { get; init; }

    /// <summary>Time of one exact retraining, in seconds, where they are run together.</summary>
    public double? RetrainingSeconds { get; init; }

    /// <summary>Time of one retraining by PyTorch, in seconds, where it was measured.</summary>
    public double? PyTorchSeconds { get; init; }

    /// <summary>How many times faster than PyTorch the exact retrainings ran.</summary>
    public double? SpeedUpOverPyTorch { get; init; }

    /// <summary>Of a shard: what it has done of what is shared out, and what is left to <c>ddm merge</c>; null for a whole run.</summary>
    public ShardSummary? Shard { get; init; }

    /// <summary>Time of every stage, in seconds.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();
}

/// <summary>A shard of a job.</summary>
/// <param name="Shard">Which: <c>I/N</c>.</param>
/// <param name="Stages">What it has done of each stage that is shared out.</param>
/// <param name="Left">The stages that are formed when all shards are put together.</param>
public sealed record ShardSummary(string Shard, IReadOnlyList<SharedStage> Stages, IReadOnlyList<string> Left);

/// <summary>A shard's part of a stage.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Own">The shard's pieces, all done.</param>
/// <param name="Of">All shards' pieces.</param>
public sealed record SharedStage(string Name, int Own, int Of);

/// <summary>One group and its effect.</summary>
/// <param name="Group">Its number.</param>
/// <param name="Name">The user's own name of it, or null.</param>
/// <param name="Class">Its class.</param>
/// <param name="Cluster">Its number within the class.</param>
/// <param name="Size">Its training images.</param>
/// <param name="Effect">F(with) − F(without), in the objective's unit.</param>
/// <param name="Exact">The same by exact retraining, where that was done.</param>
public sealed record GroupEffect(int Group, string? Name, int Class, int Cluster, int Size, double Effect, double? Exact)
{
    /// <summary>What its class is called; null where the data only number their classes.</summary>
    public string? ClassName { get; init; }
}

/// <summary>One method of attribution.</summary>
/// <param name="Name">As the job names it.</param>
/// <param name="OfflineSeconds">What it needed once beforehand, beside the training of the target: its synset.</param>
/// <param name="OnlineSeconds">The time of all groups' effects.</param>
/// <param name="SpeedUp">Time of as many exact retrainings over <paramref name="OnlineSeconds"/>, where they were measured.</param>
/// <param name="Slope">The factor from predicted effects, in real units as far as they could be brought there, to exact ones, where it was
/// fitted.</param>
/// <param name="Correlations">Pearson correlations with exact retraining by view (same, all, off, total, within).</param>
public sealed record MethodSummary(string Name, double OfflineSeconds, double OnlineSeconds, double? SpeedUp, double? Slope, IReadOnlyDictionary<string, double> Correlations)
{
    /// <summary>
    /// Of a method on a synset of images: by which factor its models' loss on training images that they keep is larger than the target's,
    /// in the middle.
    /// </summary>
    public double? KeptLoss { get; init; }

    /// <summary>The part of its walk from the target that the method took; below 1 where the whole took its models too far.</summary>
    public double? Part { get; init; }

    /// <summary>The correlation of its effects with a retraining of the last block, on the few groups where that was done.</summary>
    public double? Agreement { get; init; }

    /// <summary>The same correlation of its effects on the total test loss; null where that was not checked.</summary>
    public double? TotalAgreement { get; init; }

    /// <summary>Whether they agree, so that they were brought to real units; null where that was not checked.</summary>
    public bool? Agrees { get; init; }

    /// <summary>What its effects have been multiplied by to be in real units.</summary>
    public double? Scale { get; init; }

    /// <summary>What must be known before its effects are believed; empty where nothing was found.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
