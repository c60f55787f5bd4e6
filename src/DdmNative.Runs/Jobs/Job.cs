using DdmNative.Compute.Contracts;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Everything that decides the result of a run, and nothing else: no threads, no folder, no device. What <c>job.json</c> says and what
/// <c>run.json</c> keeps. Two runs of equal jobs write equal files.
/// </summary>
public sealed record Job
{
    /// <summary>Decides everything random that has no seed of its own: the initial weights and the batch order, clusters, matching.</summary>
    public ulong Seed { get; init; } = 1;

    public required JobData Data { get; init; }

    public JobNetwork Network { get; init; } = new();

    /// <summary>A network trained elsewhere in place of one trained here, or null.</summary>
    public JobTarget? Target { get; init; }

    public JobTraining Training { get; init; } = new();

    public JobGroups Groups { get; init; } = new();

    public JobMatching Matching { get; init; } = new();

    public JobAttribution Attribution { get; init; } = new();

    public JobValidation Validation { get; init; } = new();

    /// <summary>How the methods are measured against the truth, or null where that is not asked for.</summary>
    public JobEvaluation? Evaluation { get; init; }

    /// <summary>A model that has forgotten some groups, or null where none is asked for.</summary>
    public JobUnlearning? Unlearning { get; init; }
}

/// <summary>Which images.</summary>
public sealed record JobData
{
    /// <summary>A folder with a data set, or <c>generated:…</c> (see <see cref="Attribution.Datasets.DatasetLocator"/>).</summary>
    public required string Source { get; init; }

    /// <summary>Training images of every class, chosen by the seed; null for all.</summary>
    public int? TrainPerClass { get; init; }

    /// <summary>Test images of every class, chosen by the seed; null for all.</summary>
    public int? TestPerClass { get; init; }

    /// <summary>Chooses the subsets. Apart from the job's seed, so that the target can vary while the data stand still.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The share of training images that get a wrong label on purpose, chosen by the seed (<see cref="Attribution.Datasets.LabelNoise"/>); 0 for none.</summary>
    public double LabelNoise { get; init; }

    /// <summary>What every channel's pixels, from 0 to 1, are normalised with: a mean for each channel, or one for all; null for what the training images have.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>The same for the standard deviation.</summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>Compares value by value: records hold lists by reference.</summary>
    public bool Equals(JobData? other)
        => other is not null && Source == other.Source && TrainPerClass == other.TrainPerClass && TestPerClass == other.TestPerClass && Seed == other.Seed && LabelNoise.Equals(other.LabelNoise)
        && (Mean ?? []).SequenceEqual(other.Mean ?? []) && (Std ?? []).SequenceEqual(other.Std ?? []);

    public override int GetHashCode() => HashCode.Combine(Source, TrainPerClass, TestPerClass, Seed, LabelNoise);
}

/// <summary>The classifier; its input and its classes come from the data.</summary>
public sealed record JobNetwork
{
    /// <summary><c>convnet</c>, <c>mlp</c> or <c>lenet</c>.</summary>
    public string Architecture { get; init; } = "convnet";

    public int Width { get; init; } = 32;

    public int Depth { get; init; } = 3;
}

/// <summary>A network trained elsewhere. Architecture, width and depth are its own; <see cref="JobTraining"/> should say how it was trained.</summary>
public sealed record JobTarget
{
    /// <summary>Its tensors as safetensors, under names that docs/interchange.md lists.</summary>
    public required string File { get; init; }

    /// <summary>A folder with its recorded training, a safetensors file for each step; null where that was not kept.</summary>
    public string? Trajectory { get; init; }

    /// <summary>A JSON file with a map from the tensors' names to ours; null where they are documented ones.</summary>
    public string? NameMap { get; init; }
}

/// <summary>How the target is trained, and every exact retraining with it.</summary>
public sealed record JobTraining
{
    public float LearningRate { get; init; } = 0.02f;

    public float Momentum { get; init; } = 0.9f;

    public int BatchSize { get; init; } = 64;

    public int Epochs { get; init; } = 8;
}

/// <summary>The parts of the training set whose effects are asked for.</summary>
public sealed record JobGroups
{
    /// <summary>The user's own groups (<c>sample,group</c>), or null to cluster.</summary>
    public string? File { get; init; }

    /// <summary>Clusters per class where there is no file.</summary>
    public int PerClass { get; init; } = 5;

    /// <summary>What is clustered: <c>features</c> (the target's penultimate ones) or <c>pixels</c>.</summary>
    public string Space { get; init; } = "features";
}

/// <summary>How groups become synthetic images.</summary>
public sealed record JobMatching
{
    /// <summary>The real images nearest the (sub-)centres of each group; measured best.</summary>
    public const string RealStart = "real";

    /// <summary>The means of each group's (sub-)clusters.</summary>
    public const string MeanStart = "mean";

    /// <summary>Standard normal noise.</summary>
    public const string NoiseStart = "noise";

    /// <summary>m: images per group; null for what was measured best for each method.</summary>
    public int? ImagesPerGroup { get; init; }

    /// <summary>Adam steps on the pixels; null for what was measured best for each method.</summary>
    public int? Steps { get; init; }

    /// <summary>Adam's step on the pixels, which are normalised.</summary>
    public float LearningRate { get; init; } = 0.03f;

    /// <summary><c>relative</c>, <c>row-cosine</c> or <c>relative-per-layer</c>.</summary>
    public string Distance { get; init; } = "relative";

    /// <summary>What the images start from: <see cref="RealStart"/>, <see cref="MeanStart"/> or <see cref="NoiseStart"/>.</summary>
    public string Start { get; init; } = RealStart;

    /// <summary>What methods take for their synsets where they say nothing themselves.</summary>
    internal SynsetDefaults Defaults => new(ImagesPerGroup, Steps);

    /// <summary>The synset recipe of a method; null for one that needs no synset, a mean of several, and a row that is no method.</summary>
    internal SynsetRecipe? RecipeFor(string method)
        => MethodRegistry.IsMean(method) || MethodRegistry.Find(method) is null ? null : MethodRegistry.Create(method, Defaults).Recipe;

    /// <summary>The matching's settings for a recipe.</summary>
    internal MatchingOptions OptionsFor(SynsetRecipe recipe) => SynsetMatching.Options(recipe, LearningRate, Distance switch
    {
        "relative" => GradientDistanceKind.Relative,
        "row-cosine" => GradientDistanceKind.RowCosine,
        _ => GradientDistanceKind.RelativePerLayer,
    });
}

/// <summary>How effects are predicted, and of what.</summary>
public sealed record JobAttribution
{
    /// <summary>The names of <see cref="MethodRegistry"/>; the first is the one that <c>attribution.npz</c> holds.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [MethodRegistry.Default];

    /// <summary>The rows of the matrix; <c>loss:class</c> stands for one row per class.</summary>
    public IReadOnlyList<string> Objectives { get; init; } = ["loss", "loss:class"];

    /// <summary>The matrix's columns: <c>group</c>, or <c>class</c> or <c>sample</c> for the methods of the suite.</summary>
    public string Granularity { get; init; } = "group";

    /// <summary>The value of <see cref="Samples"/> that asks for no effects of single images.</summary>
    public const string NoSamples = "none";

    /// <summary>
    /// The method that says what every single image did, for the report's way from a group to its images: one of <see cref="MethodRegistry.PerSample"/>, or <see cref="NoSamples"/>. The default is the one
    /// that costs least, one gradient of the training set, and needs no recorded training.
    /// </summary>
    public string Samples { get; init; } = "grad-dot";

    /// <summary>
    /// Groups without which the last block is retrained, to check the effects of the synset modes, <c>feature</c> and <c>head</c> and to
    /// bring them to real units; 0 for neither.
    /// </summary>
    public int ReferenceGroups { get; init; } = 8;

    /// <summary>Compares value by value: records hold lists by reference.</summary>
    public bool Equals(JobAttribution? other)
        => other is not null && Methods.SequenceEqual(other.Methods) && Objectives.SequenceEqual(other.Objectives) && Granularity == other.Granularity && Samples == other.Samples
        && ReferenceGroups == other.ReferenceGroups;

    public override int GetHashCode() => HashCode.Combine(string.Join('\n', Methods), string.Join('\n', Objectives), Granularity, Samples, ReferenceGroups);
}

/// <summary>The ground truth: training again without groups.</summary>
public sealed record JobValidation
{
    /// <summary>How many groups are retrained without, spread over the classes: 0 for none, null for all.</summary>
    public int? Groups { get; init; } = 0;

    /// <summary>How many seeds the effects are averaged over, the target's own first.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Also compare what every method must beat with exact retraining: the groups' sizes, one gradient step, TracIn, the synset before matching.</summary>
    public bool Baselines { get; init; }

    /// <summary>How many of these groups one slope is fitted on, to bring predictions to real units; 0 for none.</summary>
    public int Calibrate { get; init; }
}

/// <summary>The model that has forgotten some groups.</summary>
public sealed record JobUnlearning
{
    /// <summary>The groups' numbers.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>Further groups by what they are, e.g. <c>class=3,cluster=2</c> (<see cref="GroupSelector"/>); each names all groups that it fits.</summary>
    public IReadOnlyList<string> Forget { get; init; } = [];

    /// <summary>How: a method that can (<see cref="MethodRegistry.Unlearning"/>); <c>all</c> is exact.</summary>
    public string Method { get; init; } = "block:1";
}
