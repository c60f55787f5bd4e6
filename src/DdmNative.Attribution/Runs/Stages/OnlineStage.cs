using System.Diagnostics;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Runs.Jobs;
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

    public override StageResult Run(StageContext context)
    {
        var watch = new Stopwatch();
        GroupTable groups = GroupStage.Read(context);
        CounterfactualLogits logits = OnlineModes.Find(method) is IOnlineMode mode ? OnSynset(context, mode, groups, watch) : OnDepth(context, groups, watch);
        string file = OnlineResult.NameOf(method);
        OnlineResult.Write(context.PathFor(file), logits);
        return new StageResult([file], new Dictionary<string, double> { [OnlineSeconds] = watch.Elapsed.TotalSeconds });
    }

    private CounterfactualLogits OnSynset(StageContext context, IOnlineMode mode, GroupTable groups, Stopwatch watch)
    {
        RunInputs inputs = context.Inputs;
        OnlineContext online = OnlineModes.Context(context, job, method, groups) with { OnStep = (done, total) => context.Listener.Progress(done, total, "steps") };
        online = online with { Wave = context.Settings.Bounded(online.Wave) };
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        watch.Start();
        CounterfactualLogits logits = mode.Run(online).Evaluate(evaluator);
        watch.Stop();
        return logits;
    }

    private CounterfactualLogits OnDepth(StageContext context, GroupTable groups, Stopwatch watch)
    {
        RunInputs inputs = context.Inputs;
        TrainingOptions recipe = RunInputs.Recipe(job);
        Depth depth = method == "feature" ? Depth.Head : Depth.Parse(method);
        using var retraining = new PartialRetraining(context.Device, inputs.Network, depth, TrainStage.ReadTarget(context), inputs.Train, inputs.Test);
        float[] initial = TrajectoryFiles.ReadInitial(context);
        IReadOnlyList<int[]> leftOut = CounterfactualLogits.EachGroup(groups.Count);
        var options = new WaveOptions { OnProgress = (done, total) => context.Listener.Progress(done, total, "steps") };
        options = options with { Wave = context.Settings.Bounded(options.Wave) };
        FeatureSynset? synset = method == "feature" ? DistillStage.ReadFeatures(context, _recipe!) : null;
        watch.Start();
        CounterfactualLogits logits = synset is null
            ? retraining.Run(recipe, initial, groups.GroupOf, leftOut, options, context.Stop)
            : retraining.RunDistilled(recipe, initial, synset, new FeatureSynsetSchedule(), leftOut, options, context.Stop);
        watch.Stop();
        return logits;
    }
}
