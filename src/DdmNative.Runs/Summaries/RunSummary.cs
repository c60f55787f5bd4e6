using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// The results of a run, as shown by the terminal, <c>--json</c> and the report. Results that do not exist yet are null or empty.
/// </summary>
public sealed record RunSummary
{
    /// <summary>The run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>The share of test images that the target classifies correctly.</summary>
    public double? TestAccuracy { get; init; }

    public double? TestLoss { get; init; }

    /// <summary>The sign convention of the numbers below.</summary>
    public string? Convention { get; init; }

    /// <summary>The objective of the two lists: the job's first.</summary>
    public string? Objective { get; init; }

    /// <summary>The objective's value for the target itself.</summary>
    public double? ObjectiveValue { get; init; }

    /// <summary>The method that the lists and the answer are by.</summary>
    public string? Lead { get; init; }

    /// <summary>Why that method leads, as a sentence; null for a run with one method.</summary>
    public string? LeadReason { get; init; }

    /// <summary>
    /// What the attribution found, as sentences: what would happen without the user's own names and without the most helpful group, and
    /// what harms.
    /// </summary>
    public IReadOnlyList<string> Answer { get; init; } = [];

    /// <summary>
    /// The totals of the user's own names (annotators, sources) that span several groups, the most harmful first; empty if there are none.
    /// </summary>
    public IReadOnlyList<OwnGroupEffect> OwnGroups { get; init; } = [];

    /// <summary>
    /// The groups whose presence improves the objective most, best first: five, or half of all groups if there are fewer than ten.
    /// </summary>
    public IReadOnlyList<GroupEffect> MostHelpful { get; init; } = [];

    /// <summary>
    /// The groups whose presence improves the objective least, or harms it, worst first: the same number; none of them is among the most
    /// helpful.
    /// </summary>
    public IReadOnlyList<GroupEffect> MostHarmful { get; init; } = [];

    /// <summary>The methods; the lists are by the first.</summary>
    public IReadOnlyList<MethodSummary> Methods { get; init; } = [];

    /// <summary>The number of groups in exact retraining.</summary>
    public int? RetrainedGroups { get; init; }

    /// <summary>The number of seeds that the exact effects are averaged over.</summary>
    public int? RetrainedSeeds { get; init; }

    /// <summary>Correlations of the baselines, by name, if requested.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Baselines { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, double>>();

    /// <summary>Correlations of one seed's exact effects with the mean of the others', if there are several seeds.</summary>
    public IReadOnlyDictionary<string, double> Ceiling { get; init; } = new Dictionary<string, double>();

    /// <summary>The evaluation of the methods against retrained models, if requested.</summary>
    public EvaluationSummary? Evaluation { get; init; }

    /// <summary>
    /// Accuracy and loss of the model that has forgotten some groups, if requested: on the forgotten and the kept training images and on
    /// the test images, each also before forgetting.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Unlearned { get; init; }

    /// <summary>The time of one exact retraining, in seconds, if models are trained together.</summary>
    public double? RetrainingSeconds { get; init; }

    /// <summary>The time of one retraining by PyTorch, in seconds, if it was measured.</summary>
    public double? PyTorchSeconds { get; init; }

    /// <summary>How many times faster than PyTorch the exact retrainings ran.</summary>
    public double? SpeedUpOverPyTorch { get; init; }

    /// <summary>For a shard: its finished work in shared stages, and what is left for <c>ddm merge</c>; null for other runs.</summary>
    public ShardSummary? Shard { get; init; }

    /// <summary>The time of every stage, in seconds.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();
}

/// <summary>A shard of a job.</summary>
/// <param name="Shard">The shard: <c>I/N</c>.</param>
/// <param name="Stages">Its finished work in each shared stage.</param>
/// <param name="Left">The stages that the merge computes.</param>
public sealed record ShardSummary(string Shard, IReadOnlyList<SharedStage> Stages, IReadOnlyList<string> Left);

/// <summary>A shard's part of a stage.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Own">The number of the shard's pieces, all finished.</param>
/// <param name="Of">The number of all shards' pieces.</param>
public sealed record SharedStage(string Name, int Own, int Of);

/// <summary>One group and its effect.</summary>
/// <param name="Group">Its number.</param>
/// <param name="Name">The user's name for it, or null.</param>
/// <param name="Class">Its class.</param>
/// <param name="Cluster">Its number within the class.</param>
/// <param name="Size">The number of its training images.</param>
/// <param name="Effect">F(with) − F(without), in the objective's unit; in that of exact retraining, if some has been done.</param>
/// <param name="Exact">The same by exact retraining, if it was done.</param>
public sealed record GroupEffect(int Group, string? Name, int Class, int Cluster, int Size, double Effect, double? Exact)
{
    /// <summary>The name of its class; null if the data only number their classes.</summary>
    public string? ClassName { get; init; }

    /// <summary>The noise of the effect, as one standard error; null if it is not known (docs/methods.md, "Noise").</summary>
    public double? Noise { get; init; }

    /// <summary>Whether the effect is less than twice its noise.</summary>
    public bool WithinNoise { get; init; }

    /// <summary>The standard error of the exact effect over the seeds; null for one seed.</summary>
    public double? ExactNoise { get; init; }
}

/// <summary>The total of one of the user's own names, which has a group in several classes.</summary>
/// <param name="Name">The name.</param>
/// <param name="Size">The number of its training images.</param>
/// <param name="Classes">The number of classes that they are of.</param>
/// <param name="Effect">F(with) − F(without all of them).</param>
/// <param name="Noise">Its noise; null if it is not known.</param>
/// <param name="WithinNoise">Whether the effect is less than twice its noise.</param>
/// <param name="By">
/// <c>removal</c> if all its groups were removed together, <c>sum</c> if the groups' effects were added.
/// </param>
public sealed record OwnGroupEffect(string Name, int Size, int Classes, double Effect, double? Noise, bool WithinNoise, string By);

/// <summary>One attribution method.</summary>
/// <param name="Name">The name in the job.</param>
/// <param name="OfflineSeconds">The time for preparation, besides the training of the target: its synset.</param>
/// <param name="OnlineSeconds">The time for the effects of all groups.</param>
/// <param name="SpeedUp">
/// The time of as many exact retrainings, if they were measured, divided by <paramref name="OfflineSeconds"/> and
/// <paramref name="OnlineSeconds"/> together.
/// </param>
/// <param name="Slope">The factor from predicted effects (scaled to real units if that was possible) to exact ones, if it was
/// fitted.</param>
/// <param name="Correlations">Pearson correlations with exact retraining by view (same, all, off, total, within).</param>
public sealed record MethodSummary(string Name, double OfflineSeconds, double OnlineSeconds, double? SpeedUp, double? Slope,
    IReadOnlyDictionary<string, double> Correlations)
{
    /// <summary>
    /// For a method on a synset of images: the median factor by which its models' loss on the training images that they keep exceeds the
    /// target's.
    /// </summary>
    public double? KeptLoss { get; init; }

    /// <summary>
    /// The part of its update path from the target that the method followed; below 1 if the whole path would have taken its models too far.
    /// </summary>
    public double? Part { get; init; }

    /// <summary>The correlation of its effects with a retraining of the last block, on the few groups for which that was done.</summary>
    public double? Agreement { get; init; }

    /// <summary>The same correlation of its effects on the total test loss; null if it was not checked.</summary>
    public double? TotalAgreement { get; init; }

    /// <summary>Whether they agree, so that they were scaled to real units; null if it was not checked.</summary>
    public bool? Agrees { get; init; }

    /// <summary>The factor that scaled its effects to real units.</summary>
    public double? Scale { get; init; }

    /// <summary>
    /// The share of exact effects within twice the noise of the predicted ones, as it was known before exact retraining; about .95 if that
    /// noise is honest. Null without exact retraining.
    /// </summary>
    public double? Coverage { get; init; }

    /// <summary>Warnings to read before using its effects; empty if there are none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
