using System.Globalization;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Runs.Shards;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>The model that has forgotten some groups together: <c>unlearned.safetensors</c>, under the same names as the target.</summary>
internal sealed class UnlearnStage(Job job, JobUnlearning unlearning) : Stage
{
    public const string StageName = "unlearn";
    private const string FileName = "unlearned.safetensors";

    private readonly SynsetRecipe? _recipe = SynsetRecipe.For(unlearning.Method, job.Matching);

    public override string Name => StageName;

    public override string Title => $"unlearn groups {string.Join(", ", unlearning.Groups)} by {AttributionMethods.Title(unlearning.Method)}";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName, .. _recipe is null ? (string[])[] : [DistillStage.NameOf(_recipe)]];

    public override object Settings => unlearning;

    public override ShardWork InShard => ShardWork.Dealt;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        float[] model = OnlineModes.Find(unlearning.Method) is IOnlineMode mode
            ? Unlearning.Remove(mode, OnlineModes.Context(context, job, unlearning.Method, groups), [.. unlearning.Groups])
            : RetrainTop(context, groups);
        ParameterFile.Write(context.PathFor(FileName), inputs.Network, model, new Dictionary<string, string>
        {
            ["method"] = unlearning.Method,
            ["groups"] = string.Join(',', unlearning.Groups.Select(group => group.ToString(CultureInfo.InvariantCulture))),
        });
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        float[] logits = evaluator.Logits(model, 1);
        return new StageResult([FileName], new Dictionary<string, double>
        {
            ["test_accuracy"] = new Objective(ObjectiveKind.Accuracy).Evaluate(logits, inputs.Test.Labels),
            ["test_loss"] = new Objective(ObjectiveKind.Loss).Evaluate(logits, inputs.Test.Labels),
        });
    }

    /// <summary>The target's lower layers under a top that is trained from its own start without the groups.</summary>
    private float[] RetrainTop(StageContext context, GroupTable groups)
    {
        RunInputs inputs = context.Inputs;
        float[] model = TrainStage.ReadTarget(context);
        int firstLayer = Depth.Parse(unlearning.Method).FirstLayer(inputs.Network);
        Network top = inputs.Network.Top(firstLayer);
        FrozenFeatures features = FrozenFeatures.Compute(context.Device, inputs.Network, firstLayer, model, inputs.Train.Images);
        var shape = new TensorShape(1, features.Count, features.Shape.Channels, features.Shape.Height, features.Shape.Width);
        using var set = TrainingSet.Create(context.Device, features.Values, shape, inputs.Train.Labels, top.Classes);
        using var trainer = new EnsembleTrainer(context.Device, top, set, RunInputs.Recipe(job), members: 1);
        float[] initial = TrajectoryFiles.Read(context.Folder, inputs.Network).Checkpoints[0].Parameters;
        bool[] removed = [.. Enumerable.Range(0, groups.Count).Select(unlearning.Groups.Contains)];
        trainer.Run(initial.AsSpan(top.ParameterOffset), (_, sample) => removed[groups.GroupOf[sample]],
            (done, total) => context.Listener.Progress(done, total, "steps"), context.Stop);
        trainer.Parameters.CopyTo(model, top.ParameterOffset);
        return model;
    }
}
