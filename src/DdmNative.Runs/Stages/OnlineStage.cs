using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>One method's models without each group, evaluated on the test images: <c>attribution/METHOD.npz</c>.</summary>
internal sealed class OnlineStage(Job job, string method) : Stage
{
    /// <summary>The figure that holds the time of the models and their evaluation alone, without reading files or freezing features.</summary>
    public const string OnlineSeconds = "online_seconds";

    /// <summary>
    /// The figures of what a synset mode has checked by itself (<see cref="TrustRegion"/>): the growth of the loss on kept images, and the
    /// part of its walk that it took.
    /// </summary>
    public const string KeptLoss = "kept_loss", Part = "part";

    private readonly SynsetRecipe? _recipe = job.Matching.RecipeFor(method);

    public override string Name => NameOf(method);

    public override string Title => "attribute by " + AttributionMethods.Title(method);

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName, .. _recipe is null ? (string[])[] : [DistillStage.NameOf(_recipe)]];

    public override object Settings => new
    {
        method,
        Mode = OnlineModes.Find(method)?.Options,
        Trust = OnlineModes.Find(method) is null ? null : new TrustRegionOptions(),
        Feature = method == "feature" ? new FeatureSynsetSchedule() : null,
    };

    public static string NameOf(string method) => "online:" + method;

    public override ShardWork InShard => ShardWork.Pieces;

    public override double? Work(StageWork work)
    {
        int models = work.Groups + 1;
        if (OnlineModes.Find(method) is IOnlineMode mode)
            return (models + Math.Min(work.Groups, new TrustRegionOptions().PilotGroups)) * (double)mode.Steps * SynsetBatches.SizeFor(work.Groups * _recipe!.PerGroup) + work.Evaluation(models);
        return method == "feature" ? work.TopSteps(work.HeadStart, models, new FeatureSynsetSchedule().BatchSize ?? 0) : work.TopTrainings(work.FirstLayer(Depth.Parse(method)), models);
    }

    public override string PartialPath => OnlineResult.PartialNameOf(method);

    public override string? Kept(StageContext context) => new PartialFiles(context, PartialPath).Count is > 0 and int models ? $"{models} models" : null;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = GroupStage.Read(context);
        var kept = new PartialFiles(context, PartialPath);
        PieceWork pieces = kept.Pieces;
        IReadOnlyList<string> models = [];
        double seconds = 0;
        var figures = new Dictionary<string, double>();
        CounterfactualLogits logits;
        if (IsWholeNetwork(context.Inputs.Network))
            (logits, seconds, models) = Retrained(context);
        else
            logits = OnlineModes.Find(method) is IOnlineMode mode ? OnSynset(context, mode, groups, pieces, figures) : OnDepth(context, groups, pieces);
        string file = OnlineResult.NameOf(method);
        OnlineResult.Write(context.PathFor(file), logits);
        figures.Add(OnlineSeconds, seconds + pieces.Seconds + context.ByShards.Seconds);
        return new StageResult([file, .. models], figures);
    }

    /// <summary>
    /// The control and one perturbed model for each group: pieces of their own. How far they walk is found on a few groups first, by every
    /// shard alike.
    /// </summary>
    private CounterfactualLogits OnSynset(StageContext context, IOnlineMode mode, GroupTable groups, PieceWork pieces, Dictionary<string, double> figures)
    {
        RunInputs inputs = context.Inputs;
        OnlineContext online = OnlineInputs.Read(context, job, method, groups);
        online = online with { Wave = context.Settings.Bounded(online.Wave) };
        using var evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        using var trust = new TrustRegion(context.Device, inputs.Network, inputs.Train, groups.GroupOf, groups.Count, job.Seed);
        double part = pieces.Once("part", () => [trust.Fit(mode, online with { Removals = trust.Pilot(groups.Count) }).Part])[0];
        for (double walked = 1; walked > part; walked /= 2)
            mode = mode.Shorter()!;

        // The control is one of the models that a mode runs together. After a model's logits, the growth of its loss on kept images.
        IReadOnlyList<float[]> models = pieces.Each<float>("model", groups.Count + 1, Math.Max(1, online.Wave - 1), wave =>
        {
            int[] removed = [.. wave.Pieces.Where(piece => piece > 0).Select(piece => piece - 1)];
            PerturbedModels models = mode.Run(online with
            {
                // A mode does not run without a removal: a control alone takes the first group's along.
                Removals = [.. removed.DefaultIfEmpty(0).Select(group => new[] { group })],
                OnStep = (done, total) => context.Listener.Progress(wave.Before + (double)wave.Pieces.Length * done / total, wave.Total, "models"),
            });
            CounterfactualLogits logits = models.Evaluate(evaluator);
            double[] kept = trust.KeptLoss(models);
            return [.. wave.Pieces.Select(piece => piece == 0
                ? (float[])[.. logits.Reference, 1]
                : [.. logits.Model(Array.IndexOf(removed, piece - 1)), (float)kept[Array.IndexOf(removed, piece - 1)]])];
        });
        figures.Add(KeptLoss, TrustRegion.Median(models.Skip(1).Select(model => (double)model[^1])));
        figures.Add(Part, part);
        return CounterfactualLogits.Of(CounterfactualLogits.EachGroup(groups.Count), evaluator.Samples, inputs.Network.Classes, [.. models.Select(model => model[..^1])]);
    }

    /// <summary>Refuses exact retraining without the only group.</summary>
    public override void Check(RunInputs inputs)
    {
        if (IsWholeNetwork(inputs.Network))
            RunInputs.RequireTwoGroups(job, inputs.PartCount(Granularity.Group));
    }

    /// <summary>Whether nothing is frozen: the models then are exactly retrained ones.</summary>
    private bool IsWholeNetwork(Network network) => OnlineModes.Find(method) is null && method != "feature" && Depth.Parse(method).FirstLayer(network) == 0;

    private (CounterfactualLogits Logits, double Seconds, IReadOnlyList<string> Models) Retrained(StageContext context)
    {
        using var models = new RetrainedModels(context);
        RunInputs.RequireTwoGroups(job, models.Groups.Count);
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
