using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Online.Baselines;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// What every method must beat, on the total loss and every class's: <c>baselines.npz</c> with <c>names</c>, <c>objectives</c> and
/// <c>matrices</c> [B, 1 + K, G].
/// </summary>
internal sealed class BaselineStage(Job job) : Stage
{
    public const string StageName = "baselines";
    private const string FileName = "baselines.npz";

    /// <summary>Images per group of the synset that is left as it starts: real images.</summary>
    private const int UnmatchedImages = 4;

    public static IReadOnlyList<string> Names { get; } = ["group size alone", "one gradient step with the real group", "TracIn",
        "repair on real images, unmatched", "replay on real images, unmatched"];

    public override string Name => StageName;

    public override string Title => "compute the baselines";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override object Settings => new { job.Seed, Names, Repair = new Repair().Options, Replay = new Replay().Options };

    /// <summary>The finished stage's matrices, in the order of <see cref="Names"/>.</summary>
    public static IReadOnlyList<AttributionMatrix> Read(StageContext context)
    {
        NpzContents file = Npz.Read(context.Folder.PathOf(FileName));
        int[] shape = file["matrices"].Shape;
        string[] objectives = file.Elements<string>("objectives");
        return [.. file.Elements<double>("matrices").Chunk(shape[1] * shape[2])
            .Select(effects => AttributionMatrix.FromFlat(objectives, effects, shape[2]))];
    }

    public override void Check(RunInputs inputs) => TrajectoryFiles.Require(inputs, "The baseline TracIn (validation.baselines)");

    public override ShardWork InShard => ShardWork.Dealt;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        IReadOnlyList<Objective> losses = Objective.Defaults(inputs.Test.Labels);
        using var matching = new MatchingInputs(context, job, new SynsetRecipe(SynsetRecipe.Forward, UnmatchedImages, 0));
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test);
        var online = new OnlineContext(context.Device, inputs.Network, TrainStage.ReadTarget(context), matching.RealImages, groups.Sizes)
        {
            Trajectory = matching.Trajectory,
            Recipe = RunInputs.Recipe(job),
            Cancellation = context.Stop,
        };
        online = online with { Wave = context.Settings.Bounded(online.Wave) };
        AttributionMatrix Of(IOnlineMode mode) => AttributionMatrix.From(mode.Run(online).Evaluate(evaluator), inputs.Test.Labels, losses);
        AttributionMatrix[] matrices =
            [GroupSizeBaseline.Compute(groups, losses), Of(new OneStep(matching.Real)), TraceSteps(context, groups, losses),
            Of(new Repair()),
            Of(new Replay())];
        Npz.Write(context.PathFor(FileName),
            ("names", new NpyArray(Names.ToArray(), Names.Count)),
            ("objectives", new NpyArray(matrices[0].Objectives.ToArray(), losses.Count)),
            ("matrices", new NpyArray(matrices.SelectMany(matrix => matrix.Flatten()).ToArray(), matrices.Length, losses.Count,
            groups.Count)));
        return new StageResult(FileName);
    }

    /// <summary>TracIn at the ends of the epochs.</summary>
    private AttributionMatrix TraceSteps(StageContext context, GroupTable groups, IReadOnlyList<Objective> losses)
    {
        var pieces = new PieceWork { Cancellation = context.Stop };
        using MethodContext request = MethodRequest.Create(context, job, groups, losses, pieces, onFigure: null, readsSynsets: false);
        return new TracIn(job.Training.Epochs).Attribute(request);
    }
}
