using System.Text.Json;
using System.Text.Json.Nodes;
using DdmNative.Compute.Contracts;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Everything that decides the result of a run, and nothing else: no threads, folder or device. It is the content of <c>job.json</c>, and
/// <c>run.json</c> stores it. Two runs of equal jobs write equal files.
/// </summary>
public sealed record Job
{
    /// <summary>
    /// The seed of everything random that has no seed of its own: the initial weights, the batch order, clusters and matching.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    public required JobData Data { get; init; }

    public JobNetwork Network { get; init; } = new();

    /// <summary>A network trained elsewhere that is used instead of training one, or null.</summary>
    public JobTarget? Target { get; init; }

    public JobTraining Training { get; init; } = new();

    public JobGroups Groups { get; init; } = new();

    public JobMatching Matching { get; init; } = new();

    public JobAttribution Attribution { get; init; } = new();

    public JobValidation Validation { get; init; } = new();

    /// <summary>The evaluation of the methods against retrained models, or null for none.</summary>
    public JobEvaluation? Evaluation { get; init; }

    /// <summary>The request for a model that has forgotten some groups, or null for none.</summary>
    public JobUnlearning? Unlearning { get; init; }
}

/// <summary>The images in use.</summary>
public sealed record JobData
{
    /// <summary>A folder with a dataset, or <c>generated:…</c> (see <see cref="Attribution.Datasets.DatasetLocator"/>).</summary>
    public required string Source { get; init; }

    /// <summary>Training images per class, selected by the seed; null for all.</summary>
    public int? TrainPerClass { get; init; }

    /// <summary>Test images per class, selected by the seed; null for all.</summary>
    public int? TestPerClass { get; init; }

    /// <summary>
    /// The seed that selects the subsets. It is separate from the job's seed, so that the target can vary while the data stay the same.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The share of training images that get a deliberately wrong label, selected by the seed (<see
    /// cref="Attribution.Datasets.LabelNoise"/>); 0 for none.
    /// </summary>
    public double LabelNoise { get; init; }

    /// <summary>
    /// The mean for normalising pixels from 0 to 1: one for each channel, or one for all; null for the training images' own.
    /// </summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>The same for the standard deviation.</summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>
    /// A name for each class, in the labels' order, in place of those that the data have; null for the data's own. Names are shown and
    /// exported, and decide no result.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(JobData? other)
        => other is not null && Source == other.Source && TrainPerClass == other.TrainPerClass && TestPerClass == other.TestPerClass
            && Seed == other.Seed && LabelNoise.Equals(other.LabelNoise)
        && (Mean ?? []).SequenceEqual(other.Mean ?? []) && (Std ?? []).SequenceEqual(other.Std ?? [])
        && (ClassNames ?? []).SequenceEqual(other.ClassNames ?? []);

    public override int GetHashCode() => HashCode.Combine(Source, TrainPerClass, TestPerClass, Seed, LabelNoise);
}

/// <summary>The classifier; the data determine its input size and its classes.</summary>
public sealed record JobNetwork
{
    /// <summary>The value of <see cref="Activation"/> for GELU.</summary>
    public const string Gelu = "gelu";

    /// <summary>The value of <see cref="Norm"/> for batch norm.</summary>
    public const string BatchNorm = "batch";

    /// <summary>The value of <see cref="Activation"/> for ReLU.</summary>
    public const string Relu = "relu";

    /// <summary>One of <see cref="NetworkRegistry.Names"/>.</summary>
    public string Architecture { get; init; } = "convnet";

    /// <summary>Channels or units; null for the architecture's usual number.</summary>
    public int? Width { get; init; }

    /// <summary>Blocks or hidden layers; null for the architecture's usual number.</summary>
    public int? Depth { get; init; }

    /// <summary>The units of each hidden layer of an MLP, instead of width and depth; null for these.</summary>
    public IReadOnlyList<int>? Hidden { get; init; }

    /// <summary>The probability that a hidden unit of an MLP is dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary><see cref="Relu"/> or <see cref="Gelu"/>.</summary>
    public string Activation { get; init; } = Relu;

    /// <summary><c>instance</c>, <c>batch</c> or <c>group</c>; null for the architecture's usual norm.</summary>
    public string? Norm { get; init; }

    /// <summary>With the usual numbers in the place of null, and null in the place of what the architecture does not use.</summary>
    public JobNetwork Complete()
    {
        NetworkDescription? network = NetworkRegistry.Find(Architecture);
        return this with
        {
            Width = Hidden is null && network?.StandardWidth is int width ? Width ?? width : null,
            Depth = Hidden is null && network?.StandardDepth is int depth ? Depth ?? depth : null,
        };
    }

    /// <summary>The network's options for images of a shape.</summary>
    public NetworkOptions OptionsFor(ImageShape input, int classes)
    {
        JobNetwork complete = Complete();
        return new NetworkOptions(Architecture, complete.Width ?? 0, complete.Depth ?? 0, input, classes)
        {
            Hidden = Hidden, Dropout = (float)Dropout,
            Activation = Activation == Gelu ? Attribution.Networks.Activation.Gelu : Attribution.Networks.Activation.Relu,
            Norm = Norm is null ? null : Enum.Parse<NormKind>(Norm, ignoreCase: true),
        };
    }

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(JobNetwork? other)
        => other is not null && (Architecture, Width, Depth, Activation, Norm)
            == (other.Architecture, other.Width, other.Depth, other.Activation, other.Norm)
            && Dropout.Equals(other.Dropout) && (Hidden ?? []).SequenceEqual(other.Hidden ?? []);

    public override int GetHashCode() => HashCode.Combine(Architecture, Width, Depth, Activation, Dropout, Norm);
}

/// <summary>
/// A network trained elsewhere. The file determines architecture, width and depth; <see cref="JobTraining"/> should describe how it was
/// trained.
/// </summary>
public sealed record JobTarget
{
    /// <summary>Its tensors as safetensors, under names listed in docs/interchange.md.</summary>
    public required string File { get; init; }

    /// <summary>A folder with its recorded training, a safetensors file for each step; null if there is none.</summary>
    public string? Trajectory { get; init; }

    /// <summary>A JSON file that maps the tensors' names to ours; null if they are documented names.</summary>
    public string? NameMap { get; init; }
}

/// <summary>The training of the target and of every exact retraining.</summary>
public sealed record JobTraining
{
    private static readonly string[] AddedLater
        = ["weight_decay", "nesterov", "schedule", "warmup", "label_smoothing", "crop", "flip"];

    public float LearningRate { get; init; } = 0.02f;

    public float Momentum { get; init; } = 0.9f;

    public int BatchSize { get; init; } = 64;

    public int Epochs { get; init; } = 8;

    /// <summary>λ of g ← g + λθ before the momentum, on every trained parameter; 0 for none.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Whether the momentum is Nesterov's.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How the learning rate falls: <c>cosine</c> or <c>one-cycle</c> (linearly, after a rise).</summary>
    public string Schedule { get; init; } = JobChoices.Schedules[0];

    /// <summary>
    /// The share of the training in which the learning rate rises; null for the schedule's own: 0 for <c>cosine</c>, 0.2 for
    /// <c>one-cycle</c>.
    /// </summary>
    public float? Warmup { get; init; }

    /// <summary>ε of the training loss: the label vector is (1 − ε)·onehot + ε/K.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The most pixels by which an image is moved at random along each axis, in every epoch anew; 0 for none.</summary>
    public int Crop { get; init; }

    /// <summary>Whether images are mirrored with probability ½, in every epoch anew.</summary>
    public bool Flip { get; init; }

    /// <summary>The options of the trainer.</summary>
    internal TrainingOptions ToOptions(ulong seed) => new(LearningRate, Momentum, BatchSize, Epochs, seed)
    {
        WeightDecay = WeightDecay,
        Nesterov = Nesterov,
        Schedule = Schedule == JobChoices.OneCycle ? LearningRateShape.OneCycle : LearningRateShape.Cosine,
        Warmup = Warmup,
        LabelSmoothing = LabelSmoothing,
        Crop = Crop,
        Flip = Flip,
    };

    /// <summary>
    /// The fields for the key of a stage. Those that were added later are left out at their defaults, so that a target that was trained
    /// before they existed is not trained again.
    /// </summary>
    internal JsonObject Keyed()
    {
        JsonObject fields = JsonSerializer.SerializeToNode(this, JsonSettings.Strict)!.AsObject();
        JsonObject defaults = JsonSerializer.SerializeToNode(new JobTraining(), JsonSettings.Strict)!.AsObject();
        foreach (string name in AddedLater.Where(name => JsonNode.DeepEquals(fields[name], defaults[name])))
            fields.Remove(name);
        return fields;
    }
}

/// <summary>The groups of the training set whose effects are computed.</summary>
public sealed record JobGroups
{
    /// <summary>The user's own groups (<c>sample,group</c>), or null for clusters.</summary>
    public string? File { get; init; }

    /// <summary>Clusters per class if there is no file.</summary>
    public int PerClass { get; init; } = 5;

    /// <summary>The space for clustering: <c>features</c> (the target's penultimate features) or <c>pixels</c>.</summary>
    public string Space { get; init; } = "features";
}

/// <summary>How groups are distilled into synthetic images.</summary>
public sealed record JobMatching
{
    /// <summary>The real images nearest to the (sub-)centres of each group; measured best.</summary>
    public const string RealStart = "real";

    /// <summary>The means of each group's (sub-)clusters.</summary>
    public const string MeanStart = "mean";

    /// <summary>Standard normal noise.</summary>
    public const string NoiseStart = "noise";

    /// <summary>m: images per group; null for the best measured number for each method.</summary>
    public int? ImagesPerGroup { get; init; }

    /// <summary>Adam steps on the pixels; null for the best measured number for each method.</summary>
    public int? Steps { get; init; }

    /// <summary>Adam's learning rate on the pixels, which are normalised.</summary>
    public float LearningRate { get; init; } = 0.03f;

    /// <summary><c>relative</c>, <c>row-cosine</c> or <c>relative-per-layer</c>.</summary>
    public string Distance { get; init; } = "relative";

    /// <summary>The initial images: <see cref="RealStart"/>, <see cref="MeanStart"/> or <see cref="NoiseStart"/>.</summary>
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

/// <summary>Which effects are predicted, and how.</summary>
public sealed record JobAttribution
{
    /// <summary>The names of <see cref="MethodRegistry"/>; the first is the one that <c>attribution.npz</c> holds.</summary>
    public IReadOnlyList<string> Methods { get; init; } = MethodRegistry.Defaults;

    /// <summary>The rows of the matrix; <c>loss:class</c> stands for one row per class.</summary>
    public IReadOnlyList<string> Objectives { get; init; } = ["loss", "loss:class"];

    /// <summary>The matrix's columns: <c>group</c>, or <c>class</c> or <c>sample</c> for the methods that support it.</summary>
    public string Granularity { get; init; } = "group";

    /// <summary>The value of <see cref="Samples"/> for no effects of single images.</summary>
    public const string NoSamples = "none";

    /// <summary>
    /// The method for the effects of single images, which the report shows for each group: one of <see
    /// cref="MethodRegistry.PerSample"/>, or <see cref="NoSamples"/>. The default is the cheapest: it needs one gradient of the
    /// training set, and no trajectory.
    /// </summary>
    public string Samples { get; init; } = "grad-dot";

    /// <summary>
    /// The number of groups without which the last block is retrained, to check the effects of the synset modes, <c>feature</c> and
    /// <c>head</c>, and to scale them to real units; 0 for none.
    /// </summary>
    public int ReferenceGroups { get; init; } = 8;

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(JobAttribution? other)
        => other is not null && Methods.SequenceEqual(other.Methods) && Objectives.SequenceEqual(other.Objectives)
            && Granularity == other.Granularity && Samples == other.Samples
        && ReferenceGroups == other.ReferenceGroups;

    public override int GetHashCode()
        => HashCode.Combine(string.Join('\n', Methods), string.Join('\n', Objectives), Granularity, Samples, ReferenceGroups);
}

/// <summary>The ground truth: retraining without groups.</summary>
public sealed record JobValidation
{
    /// <summary>The number of groups that are left out in turn, spread over the classes: 0 for none, null for all.</summary>
    public int? Groups { get; init; } = 0;

    /// <summary>The number of seeds that the effects are averaged over, the target's own first.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>
    /// Whether baselines are also compared with exact retraining: the groups' sizes, one gradient step, TracIn, the synset before matching.
    /// </summary>
    public bool Baselines { get; init; }

    /// <summary>The number of these groups on which one slope is fitted, to scale predictions to real units; 0 for none.</summary>
    public int Calibrate { get; init; }
}

/// <summary>The model that has forgotten some groups.</summary>
public sealed record JobUnlearning
{
    /// <summary>The numbers of the groups.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>
    /// Further groups by description, e.g. <c>class=3,cluster=2</c> (<see cref="GroupSelector"/>); each selects all groups that match.
    /// </summary>
    public IReadOnlyList<string> Forget { get; init; } = [];

    /// <summary>The method: one of <see cref="MethodRegistry"/> except <c>feature</c>; <c>all</c> is exact.</summary>
    public string Method { get; init; } = "block:1";
}
