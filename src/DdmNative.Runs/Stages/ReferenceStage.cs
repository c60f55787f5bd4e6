using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// What approximate effects are checked against and brought to real units by, without a retraining of the network: its last block retrained
/// on frozen activations without a few groups,
/// <c>attribution/reference.npz</c>. That predicts exact retraining nearly as well as another seed of it, and its sizes are off by a factor
/// that hardly varies.
/// </summary>
internal sealed class ReferenceStage(Job job) : Stage
{
    public const string StageName = "reference";

    /// <summary>
    /// Exact effects over those of the last block, whose frozen activations still contain the group: 1.20 at 4000 images of Fashion-MNIST
    /// and 8 epochs, 1.26 at 32 epochs, 1.16 at 60,000 images (<c>build/quality.sh scale</c>).
    /// </summary>
    public const double ExactOverLastBlock = 1.2;

    private const string FileName = "attribution/reference.npz", Groups = "groups";

    public override string Name => StageName;

    public override string Title
        => $"retrain the last block without {job.Attribution.ReferenceGroups} groups, to check the effects and for their unit";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override object Settings => new { job.Attribution.ReferenceGroups };

    public override ShardWork InShard => ShardWork.Dealt;

    public override double? Work(TrainingPasses passes)
        => passes.TopTrainings(passes.FirstLayer(LastBlock(passes.Blocks)), Math.Min(job.Attribution.ReferenceGroups, passes.Groups) + 1);

    public override string PartialPath => "attribution/reference.partial";

    public override string? Kept(StageContext context)
        => new PartialFiles(context, PartialPath).Count is > 0 and int models ? $"{models} models" : null;

    /// <summary>Whether a job has effects that are checked: by a synset, or by retraining the head alone.</summary>
    public static bool IsFor(Job job, string method)
        => job.Attribution.ReferenceGroups > 0 && job.Attribution.Granularity == Granularity.Group && MethodRegistry.IsChecked(method);

    /// <summary>The stage of a job; null where none of its effects are checked.</summary>
    public static ReferenceStage? For(Job job) => job.Attribution.Methods.Union(MethodRegistry.Parts(job.Attribution.Methods))
        .Any(method => IsFor(job, method)) ? new ReferenceStage(job) : null;

    /// <summary>
    /// The effects of the groups that were left out, on the classes' losses, in exact retraining's unit; and the groups. Null where there
    /// are too few groups.
    /// </summary>
    public static (AttributionMatrix Effects, int[] Groups)? Read(StageContext context)
    {
        NpzContents file = Npz.Read(context.Folder.PathOf(FileName));
        int[] groups = file.Elements<int>(Groups);
        if (groups.Length == 0)
            return null;
        CounterfactualLogits logits = MethodFile.ReadModels(file, [.. groups.Select(g => new[] { g })]);
        Network network = context.Inputs.Network;
        double factor = LastBlock(network.BlockCount).FirstLayer(network) == 0 ? 1 : ExactOverLastBlock;
        int[] labels = context.Inputs.Test.Labels;
        Objective[] losses = [.. labels.Distinct().Order().Select(c => new Objective(ObjectiveKind.Loss, c))];
        return (AttributionMatrix.From(logits, labels, losses).Scale(factor), groups);
    }

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        var kept = new PartialFiles(context, PartialPath);

        // Without the only group there would be nothing to train on.
        int count = groups.Count < 2 ? 0 : Math.Min(job.Attribution.ReferenceGroups, groups.Count);
        int[] chosen = [.. Enumerable.Range(0, count).Select(i => (int)(((2L * i) + 1) * groups.Count / (2 * count)))];
        TrainingOptions recipe = RunInputs.Recipe(job);
        using var retraining = new PartialRetraining(context.Device, inputs.Network, LastBlock(inputs.Network.BlockCount),
            TrainStage.ReadTarget(context), inputs.Train, inputs.Test, recipe.LabelSmoothing);
        var options = new WaveOptions { Pieces = kept.Pieces,
            OnProgress = (done, total) => context.Listener.Progress(done, total, "steps") };
        options = options with { Wave = context.Settings.Bounded(options.Wave) };
        CounterfactualLogits logits = retraining.Run(recipe, TrajectoryFiles.ReadInitial(context), groups.GroupOf,
            [.. chosen.Select(g => new[] { g })], options, context.Stop);
        MethodFile.WriteModels(context.PathFor(FileName), logits, (Groups, new NpyArray(chosen, chosen.Length)));
        return new StageResult(FileName);
    }

    /// <summary>What is retrained; the head of a network that is nothing else.</summary>
    private static Depth LastBlock(int blocks) => blocks == 0 ? Depth.Head : Depth.Blocks(1);
}
