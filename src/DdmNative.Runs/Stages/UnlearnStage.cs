using System.Globalization;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Runs.Stages;

/// <summary>The model that has forgotten some groups together: <c>unlearned.safetensors</c>, under the same names as the target.</summary>
/// <param name="job">The job.</param>
/// <param name="unlearning">The job's own.</param>
/// <param name="forgotten">The groups that it names, ascending.</param>
internal sealed class UnlearnStage(Job job, JobUnlearning unlearning, int[] forgotten) : Stage
{
    public const string StageName = "unlearn";
    public const string FileName = "unlearned.safetensors";

    /// <summary>The figure that holds how many groups were forgotten.</summary>
    public const string Groups = "forgotten_groups";

    /// <summary>After a figure's name: as it was before the groups were forgotten.</summary>
    public const string Before = "_before";

    /// <summary>What accuracy and loss are measured on: <c>NAME_accuracy</c>, <c>NAME_loss</c>, <c>NAME_images</c>, and the first two also with <see cref="Before"/>.</summary>
    public static readonly IReadOnlyList<string> Measured = ["forgotten", "kept", "test"];

    private const int MostListed = 8;

    private readonly SynsetRecipe? _recipe = job.Matching.RecipeFor(unlearning.Method);

    public override string Name => StageName;

    public override string Title => $"unlearn {(forgotten.Length == 1 ? "group" : "groups")} {string.Join(", ", forgotten.Take(MostListed))}{(forgotten.Length > MostListed ? " …" : "")} by {AttributionMethods.Title(unlearning.Method)}";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName, .. _recipe is null ? (string[])[] : [DistillStage.NameOf(_recipe)]];

    public override object Settings => new { Groups = forgotten, unlearning.Method, Mode = OnlineModes.Find(unlearning.Method)?.Options, Trust = _recipe is null ? null : new TrustRegionOptions() };

    public override ShardWork InShard => ShardWork.Dealt;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        bool[] removed = [.. Enumerable.Range(0, groups.Count).Select(forgotten.Contains)];
        Tell(context, groups);
        float[] model = OnlineModes.Find(unlearning.Method) is IOnlineMode mode
            ? RemoveOnSynset(context, mode, groups)
            : RetrainTop(context, groups, removed);
        ParameterFile.Write(context.PathFor(FileName), inputs.Network, model, new Dictionary<string, string>(CheckpointMetadata.Of(inputs.Network, inputs.Normalization))
        {
            ["method"] = unlearning.Method,
            ["groups"] = string.Join(',', forgotten.Select(group => group.ToString(CultureInfo.InvariantCulture))),
        });

        int[] without = [.. Enumerable.Range(0, inputs.Train.Count).Where(n => removed[groups.GroupOf[n]])], with = [.. Enumerable.Range(0, inputs.Train.Count).Where(n => !removed[groups.GroupOf[n]])];
        var figures = new Dictionary<string, double> { [Groups] = forgotten.Length, ["forgotten_images"] = without.Length, ["kept_images"] = with.Length, ["test_images"] = inputs.Test.Count };
        Measure(context, model, without, with, "", figures);
        Measure(context, TrainStage.ReadTarget(context), without, with, Before, figures);
        return new StageResult([FileName], figures);
    }

    private static void Measure(StageContext context, float[] model, int[] forgottenImages, int[] keptImages, string suffix, Dictionary<string, double> figures)
    {
        RunInputs inputs = context.Inputs;
        float[] train = ModelFigures.Logits(context, model, inputs.Train);
        var measured = new Dictionary<string, double>();
        ModelFigures.Add(measured, Measured[0], train, inputs.Train.Labels, forgottenImages);
        ModelFigures.Add(measured, Measured[1], train, inputs.Train.Labels, keptImages);
        ModelFigures.Add(measured, Measured[2], ModelFigures.Logits(context, model, inputs.Test), inputs.Test.Labels);
        foreach ((string name, double value) in measured)
            figures.Add(name + suffix, value);
    }

    /// <summary>Says which groups the request fits.</summary>
    private void Tell(StageContext context, GroupTable groups)
    {
        string Class(int g) => context.Inputs.Train.DescribeClass(groups.ClassOf[g]);
        IEnumerable<string> listed = forgotten.Select(g => groups.Names is null
            ? $"{g} ({Class(g)}, cluster {groups.ClusterOf[g]}: {groups.Sizes[g]} images)"
            : $"{g} ({groups.Names[g]}, {Class(g)}: {groups.Sizes[g]} images)");
        context.Listener.Note($"To forget: {ShortList.Of(listed, MostListed)}; {forgotten.Sum(g => groups.Sizes[g])} of {context.Inputs.Train.Count} training images.");
    }

    /// <summary>The target perturbed on the synset, as far as it still fits what it keeps.</summary>
    private float[] RemoveOnSynset(StageContext context, IOnlineMode mode, GroupTable groups)
    {
        OnlineContext online = OnlineInputs.Read(context, job, unlearning.Method, groups) with { Removals = [forgotten] };
        using var trust = new TrustRegion(context.Device, context.Inputs.Network, context.Inputs.Train, groups.GroupOf, groups.Count, job.Seed);
        (mode, double part) = trust.Fit(mode, online);
        PerturbedModels models = mode.Run(online);
        foreach (string warning in EffectWarnings.Of(TrustRegion.Median(trust.KeptLoss(models)), part, check: null))
            context.Listener.Note($"{unlearning.Method}: {warning}");
        return Unlearning.Move(online.Target, models);
    }

    /// <summary>The target's lower layers under a top that is trained from its own start without the groups.</summary>
    private float[] RetrainTop(StageContext context, GroupTable groups, bool[] removed)
    {
        RunInputs inputs = context.Inputs;
        float[] model = TrainStage.ReadTarget(context);
        int firstLayer = Depth.Parse(unlearning.Method).FirstLayer(inputs.Network);
        Network top = inputs.Network.Top(firstLayer);
        FrozenFeatures features = FrozenFeatures.Compute(context.Device, inputs.Network, firstLayer, model, inputs.Train.Images);
        var shape = new TensorShape(1, features.Count, features.Shape.Channels, features.Shape.Height, features.Shape.Width);
        using var set = TrainingSet.Create(context.Device, features.Values, shape, inputs.Train.Labels, top.Classes);
        using var trainer = new EnsembleTrainer(context.Device, top, set, RunInputs.Recipe(job), members: 1);
        float[] initial = TrajectoryFiles.ReadInitial(context);
        trainer.Run(initial.AsSpan(top.ParameterOffset), (_, sample) => removed[groups.GroupOf[sample]],
            (done, total) => context.Listener.Progress(done, total, "steps"), context.Stop);
        trainer.Parameters.CopyTo(model, top.ParameterOffset);
        return model;
    }
}
