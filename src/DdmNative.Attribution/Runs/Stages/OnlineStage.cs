using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>One method's models without each group, evaluated on the test images: <c>attribution/METHOD.npz</c>.</summary>
internal sealed class OnlineStage(Job job, string method) : Stage
{
    /// <summary>The figure that holds the time of the models and their evaluation alone, without reading files or freezing features.</summary>
    public const string OnlineSeconds = "online_seconds";

    private readonly SynsetRecipe? _recipe = SynsetRecipe.For(method, job.Matching);

    public override string Name => NameOf(method);

    public override string Title => "attribute by " + AttributionMethods.Title(method);

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName, .. _recipe is null ? (string[])[] : [DistillStage.NameOf(_recipe)]];

    public override object Settings => new { method, Mode = OnlineModes.Find(method)?.Options, Feature = method == "feature" ? new FeatureSynsetSchedule() : null };

    public static string NameOf(string method) => "online:" + method;

    public override ShardWork InShard => ShardWork.Pieces;

    public override string PartialPath => OnlineResult.PartialNameOf(method);

    public override string? Kept(StageContext context) => new PartialFiles(context, PartialPath).Count is > 0 and int models ? $"{models} models" : null;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = GroupStage.Read(context);
        var kept = new PartialFiles(context, PartialPath);
        PieceWork pieces = kept.Pieces;
        IReadOnlyList<string> models = [];
        double seconds = 0;
        CounterfactualLogits logits;
        if (IsWholeNetwork(context.Inputs.Network))
            (logits, seconds, models) = Retrained(context);
        else
            logits = OnlineModes.Find(method) is IOnlineMode mode ? OnSynset(context, mode, groups, pieces) : OnDepth(context, groups, pieces);
        string file = OnlineResult.NameOf(method);
        OnlineResult.Write(context.PathFor(file), logits);
        return new StageResult([file, .. models], new Dictionary<string, double> { [OnlineSeconds] = seconds + pieces.Seconds + context.ByShards.Seconds });
    }

    /// <summary>The control and one perturbed model for each group: pieces of their own.</summary>
    private CounterfactualLogits OnSynset(StageContext context, IOnlineMode mode, GroupTable groups, PieceWork pieces)
    {
        RunInputs inputs = context.Inputs;
        OnlineContext online = OnlineModes.Context(context, job, method, groups);
        online = online with { Wave = context.Settings.Bounded(online.Wave) };
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);

        // The control is one of the models that a mode runs together.
        IReadOnlyList<float[]> models = pieces.Each<float>("model", groups.Count + 1, Math.Max(1, online.Wave - 1), wave =>
        {
            int[] removed = [.. wave.Pieces.Where(piece => piece > 0).Select(piece => piece - 1)];
            CounterfactualLogits logits = mode.Run(online with
            {
                // A mode does not run without a removal: a control alone takes the first group's along.
                Removals = [.. removed.DefaultIfEmpty(0).Select(group => new[] { group })],
                OnStep = (done, total) => context.Listener.Progress(wave.Before + (double)wave.Pieces.Length * done / total, wave.Total, "models"),
            }).Evaluate(evaluator);
            return [.. wave.Pieces.Select(piece => piece == 0 ? logits.Reference : logits.Model(Array.IndexOf(removed, piece - 1)).ToArray())];
        });
        return CounterfactualLogits.Of(CounterfactualLogits.EachGroup(groups.Count), evaluator.Samples, inputs.Network.Classes, models);
    }

    /// <summary>Whether nothing is frozen: the models then are exactly retrained ones.</summary>
    private bool IsWholeNetwork(Network network) => OnlineModes.Find(method) is null && method != "feature" && Depth.Parse(method).FirstLayer(network) == 0;

    private (CounterfactualLogits Logits, double Seconds, IReadOnlyList<string> Models) Retrained(StageContext context)
    {
        using var models = new RetrainedModels(context);
        RunInputs.RequireTwoGroups(models.Groups.Count);
        IReadOnlyList<int[]> leftOut = CounterfactualLogits.EachGroup(models.Groups.Count);
        IReadOnlyList<float[]> logits = models.Logits([[], .. leftOut], [job.Seed]);
        return (CounterfactualLogits.Of(leftOut, context.Inputs.Test.Count, context.Inputs.Network.Classes, logits), models.Seconds - context.ByShards.Seconds, models.Files);
    }

    private CounterfactualLogits OnDepth(StageContext context, GroupTable groups, PieceWork pieces)
    {
        RunInputs inputs = context.Inputs;
        TrainingOptions recipe = RunInputs.Recipe(job);
        Depth depth = method == "feature" ? Depth.Head : Depth.Parse(method);
        using var retraining = new PartialRetraining(context.Device, inputs.Network, depth, TrainStage.ReadTarget(context), inputs.Train, inputs.Test);
        float[] initial = TrajectoryFiles.ReadInitial(context);
        IReadOnlyList<int[]> leftOut = CounterfactualLogits.EachGroup(groups.Count);
        var options = new WaveOptions { Pieces = pieces, OnProgress = (done, total) => context.Listener.Progress(done, total, "steps") };
        options = options with { Wave = context.Settings.Bounded(options.Wave) };
        return method == "feature"
            ? retraining.RunDistilled(recipe, initial, DistillStage.ReadFeatures(context, _recipe!), new FeatureSynsetSchedule(), leftOut, options, context.Stop)
            : retraining.Run(recipe, initial, groups.GroupOf, leftOut, options, context.Stop);
    }
}
