using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Grouping;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `ddm`: distilled datamodel with gradient matching (Ye et al., CVPR 2024): every part distilled into a few synthetic images, and the target perturbed on them. <c>mode=controlled-replay</c> (the default)
/// and <c>repair</c>, <c>replay</c>, <c>push</c> match forward; <c>mode=forget</c> is the paper's reverse matching. Unit: the objective's, too small by a steady factor (docs/methods.md, "Calibration").
/// </summary>
/// <remarks>A run folder keeps the synset as a stage of its own and calls the same classes; this form takes everything from memory.</remarks>
public sealed class DdmMethod : IAttributionMethod
{
    private readonly string _mode;
    private readonly SynsetRecipe _recipe;
    private readonly MatchingOptions _matching;

    private DdmMethod(string mode, int images, int steps)
    {
        _mode = mode;
        _recipe = SynsetRecipe.For(mode, images > 0 ? images : null, steps >= 0 ? steps : null)!;
        _matching = SynsetMatching.Options(_recipe);
    }

    public object Options => new { _mode, _recipe, _matching, Mode = OnlineModes.Find(_mode)!.Options };

    /// <summary>From <c>mode</c>, <c>images</c> (per part; 0 for what is best for the mode) and <c>steps</c> (of matching).</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static DdmMethod From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string mode = settings.Word("mode", "controlled-replay", [.. AttributionMethods.SynsetModes]);
        return new DdmMethod(mode, settings.Whole("images", 0, 0, 1000), settings.Whole("steps", -1, 0, 1_000_000));
    }

    public bool NeedsTraining => _recipe.NeedsTrajectory;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int images = context.Parts.Count * _recipe.PerGroup;
        int wave = Math.Min(context.Bounded(64), context.Parts.Count + 1);
        int matched = Math.Min(context.Bounded(_matching.Wave), context.Parts.Count);
        return new MemoryEstimate(
            ("synsets", (long)images * (context.Train.ImageSize + context.Network.Classes) * sizeof(float) * (_recipe.Kind == SynsetRecipe.Phases ? SynsetMatching.PhaseCount : 1)),
            ("gradients", MemoryEstimate.Vectors(context.Network, context.Parts.Count + 16L)),
            ("models", MemoryEstimate.Vectors(context.Network, context.Parts.Count + 4L * wave)),
            ("passes", Math.Max(MemoryEstimate.Pass(context.Network, wave, images), MemoryEstimate.Pass(context.Network, matched, _recipe.PerGroup, tangents: true))));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Trajectory trajectory = _recipe.NeedsTrajectory ? context.RequireTrajectory("ddm") : context.Trajectory ?? new Trajectory([new Checkpoint(0, context.Target)]);
        float[] features = FrozenFeatures.Compute(context.Device, context.Network, context.Network.HeadStart, context.Target, context.Train.Images).Values;
        GroupRepresentatives nearest = GroupRepresentatives.Nearest(features, context.Parts, _recipe.PerGroup, context.Seed);
        Synset start = new SynsetStart(context.Network.Input, context.Network.Classes, context.Train.Images, context.Train.Labels).Nearest(nearest.Samples, _recipe.PerGroup);
        using var real = new GroupGradients(context.Device, context.Network, context.TrainSet.Images, context.TrainSet.Labels, context.Parts.GroupOf, context.Parts.Count);
        MatchingOptions options = _matching with { Wave = context.Bounded(_matching.Wave) };
        var matching = new SynsetMatching(context.Device, context.Network, trajectory, start, real, options, context.Recipe, _recipe)
        {
            OnProgress = (done, total, unit) => context.OnProgress?.Invoke(done, total, unit),
            Cancellation = context.Cancellation,
            Kept = context.Pieces.Kept,
        };
        IReadOnlyList<PhaseSynset> phases = _recipe.Kind == SynsetRecipe.Phases ? matching.MatchPhases() : [];
        Synset synset = phases.Count > 0 ? phases[^1].Synset : matching.Match().Synset;
        var online = new OnlineContext(context.Device, context.Network, context.Target, synset, context.Parts.Sizes)
        {
            Trajectory = trajectory,
            Recipe = context.Recipe,
            Phases = phases,
            OnStep = (done, total) => context.OnProgress?.Invoke(done, total, "steps"),
            Cancellation = context.Cancellation,
        };
        online = online with { Wave = context.Bounded(online.Wave) };
        using var trust = new TrustRegion(context.Device, context.Network, context.Train, context.Parts.GroupOf, context.Parts.Count, context.Seed);
        (IOnlineMode mode, double part) = trust.Fit(OnlineModes.Find(_mode)!, online with { Removals = trust.Pilot(context.Parts.Count) });
        PerturbedModels models = mode.Run(online);
        if (TrustRegion.Warning(TrustRegion.Median(trust.KeptLoss(models)), part) is string warning)
            context.OnWarning?.Invoke($"ddm: {warning}");
        return AttributionMatrix.From(models.Evaluate(context.Evaluator), context.Test.Labels, context.Objectives);
    }
}
