using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// The distilled datamodel with gradient matching (Ye et al., CVPR 2024): every part is distilled into a few synthetic images, and an
/// online mode perturbs the target on them. Unit: the objective's, too small by a nearly constant factor (docs/methods.md, "Calibration").
/// </summary>
public sealed class SynsetMethod : IModelMethod, IUnlearningMethod
{
    /// <summary>
    /// The figures of what the method has checked by itself (<see cref="TrustRegion"/>): the growth of the loss on kept images, and the
    /// part of its walk that it took.
    /// </summary>
    public const string KeptLoss = "kept_loss", Part = "part";

    private readonly IOnlineMode _mode;
    private readonly SynsetRecipe _recipe;

    private SynsetMethod(IOnlineMode mode, SynsetRecipe recipe) => (_mode, _recipe) = (mode, recipe);

    public ModelSettings Settings => new(_mode.Options, new TrustRegionOptions());

    public SynsetRecipe? Recipe => _recipe;

    public bool NeedsTraining => _recipe.NeedsTrajectory;

    /// <summary>Describes an online mode as a method.</summary>
    /// <param name="mode">The mode, with its measured settings.</param>
    /// <param name="kind">How its synset is matched: one of the constants of <see cref="SynsetRecipe"/>.</param>
    /// <param name="perGroup">Images per group, as measured best (docs/attribution-quality.md).</param>
    /// <param name="title">For people.</param>
    /// <param name="summary">What the method does, in one line.</param>
    public static MethodDescription Describe(IOnlineMode mode, string kind, int perGroup, string title, string summary)
    {
        ArgumentNullException.ThrowIfNull(mode);
        return new MethodDescription(mode.Name, summary, "Ye et al., CVPR 2024", settings => Create(settings, mode, kind, perGroup))
        {
            Kind = MethodKind.Models,
            Option = MethodDescription.ModeOption,
            Title = title,
            TitleWith = images => $"{mode.Name} (synset, {images} image{(images == "1" ? "" : "s")} per group)",
            Usage = $"{mode.Name}[:M]",
            MainSetting = "images",
            IsChecked = true,
            CanUnlearn = true,
            Granularities = [Granularity.Class, Granularity.Group],
        };
    }

    /// <summary>Creates the method from <c>images</c> (per group) and <c>steps</c> (of matching; 0 for the measured number).</summary>
    private static SynsetMethod Create(MethodSettings settings, IOnlineMode mode, string kind, int perGroup)
    {
        int images = settings.Whole("images", settings.Matching.ImagesPerGroup ?? perGroup, 1, 1000);
        int steps = settings.Whole("steps", settings.Matching.Steps ?? 0, 0, 1_000_000);
        return new SynsetMethod(mode, new SynsetRecipe(kind, images, steps) { StepsAreNamed = steps != (settings.Matching.Steps ?? 0) });
    }

    public double? Work(TrainingPasses passes)
    {
        ArgumentNullException.ThrowIfNull(passes);
        int models = passes.Groups + 1, pilots = Math.Min(passes.Groups, new TrustRegionOptions().PilotGroups);
        int batch = SynsetBatches.SizeFor(passes.Groups * _recipe.PerGroup);
        return (models + pilots) * (double)_mode.Steps * batch + passes.Evaluation(models);
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int images = context.Parts.Count * _recipe.PerGroup;
        int phases = _recipe.Kind == SynsetRecipe.Phases ? SynsetMatching.PhaseCount : 1;
        int wave = Math.Min(context.Bounded(64), context.Parts.Count + 1);
        int matched = Math.Min(context.Bounded(SynsetMatching.Options(_recipe).Wave), context.Parts.Count);
        return new MemoryEstimate(
            ("synsets", (long)images * (context.Train.ImageSize + context.Network.Classes) * sizeof(float) * phases),
            ("gradients", MemoryEstimate.Vectors(context.Network, context.Parts.Count + 16L)),
            ("models", MemoryEstimate.Vectors(context.Network, context.Parts.Count + 4L * wave)),
            ("passes", Math.Max(
                MemoryEstimate.Pass(context.Network, wave, images),
                MemoryEstimate.Pass(context.Network, matched, _recipe.PerGroup, tangents: true))));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The control and the perturbed models are pieces of their own. How far they walk is found on a few groups first, by every shard
    /// alike.
    /// </remarks>
    public CounterfactualLogits Models(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Perturb(context, context.Removals).Logits;
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (CounterfactualLogits logits, double keptLoss, double part) = Perturb(context, context.Removals);
        Warn(context, _mode.Name, keptLoss, part);
        return AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
    }

    /// <inheritdoc/>
    /// <remarks>The target is perturbed on the synset as far as it still fits what it keeps.</remarks>
    public float[] Unlearn(MethodContext context, int[] forgotten)
    {
        ArgumentNullException.ThrowIfNull(context);
        OnlineContext online = Online(context) with { Removals = [forgotten] };
        using TrustRegion trust = Trust(context);
        (IOnlineMode mode, double part) = trust.Fit(_mode, online);
        PerturbedModels models = mode.Run(online);
        Warn(context, _mode.Name, TrustRegion.Median(trust.KeptLoss(models)), part);
        return Unlearning.Move(online.Target, models);
    }

    private static TrustRegion Trust(MethodContext context)
        => new(context.Device, context.Network, context.Train, context.Parts.GroupOf, context.Parts.Count, context.Seed);

    private OnlineContext Online(MethodContext context)
    {
        ISynsets synsets = context.Synsets;
        var online = new OnlineContext(context.Device, context.Network, context.Target, synsets.Images(_recipe), context.Parts.Sizes)
        {
            Trajectory = context.Trajectory,
            Recipe = context.Recipe,
            Phases = synsets.Phases(_recipe),
            Cancellation = context.Cancellation,
        };
        return online with { Wave = context.Bounded(online.Wave) };
    }

    /// <summary>Tells the user of models that no longer fit the parts that they keep.</summary>
    internal static void Warn(MethodContext context, string method, double keptLoss, double part)
    {
        if (TrustRegion.Warning(keptLoss, part) is string warning)
            context.OnWarning?.Invoke($"{method}: {warning}");
    }

    /// <summary>Perturbs the target once without each set of parts.</summary>
    /// <param name="context">The request.</param>
    /// <param name="removals">The sets of parts, R of them.</param>
    /// <returns>The models' logits, the median growth of the loss on kept images, and the part of the walk that was taken.</returns>
    internal (CounterfactualLogits Logits, double KeptLoss, double Part) Perturb(MethodContext context, IReadOnlyList<int[]> removals)
    {
        OnlineContext online = Online(context);
        using TrustRegion trust = Trust(context);
        IOnlineMode mode = _mode;
        double part = context.Pieces.Once("part",
            () => [trust.Fit(mode, online with { Removals = trust.Pilot(context.Parts.Count) }).Part])[0];
        for (double walked = 1; walked > part; walked /= 2)
            mode = mode.Shorter()!;

        // The control is one of the models that a mode runs together. After a model's logits, the growth of its loss on kept images.
        IReadOnlyList<float[]> models = context.Pieces.Each<float>("model", removals.Count + 1, Math.Max(1, online.Wave - 1), wave =>
        {
            int[] removed = [.. wave.Pieces.Where(piece => piece > 0).Select(piece => piece - 1)];
            PerturbedModels perturbed = mode.Run(online with
            {
                // A mode needs a removal: the control alone is run together with the first model.
                Removals = [.. removed.DefaultIfEmpty(0).Select(removal => removals[removal])],
                OnStep = (done, total)
                    => context.OnProgress?.Invoke(wave.Before + (double)wave.Pieces.Length * done / total, wave.Total, "models"),
            });
            CounterfactualLogits logits = perturbed.Evaluate(context.Evaluator);
            double[] kept = trust.KeptLoss(perturbed);
            return [.. wave.Pieces.Select(piece => piece == 0
                ? (float[])[.. logits.Reference, 1]
                : [.. logits.Model(Array.IndexOf(removed, piece - 1)), (float)kept[Array.IndexOf(removed, piece - 1)]])];
        });
        double keptLoss = TrustRegion.Median(models.Skip(1).Select(model => (double)model[^1]));
        context.OnFigure?.Invoke(KeptLoss, keptLoss);
        context.OnFigure?.Invoke(Part, part);
        var found = CounterfactualLogits.Of(removals, context.Evaluator.Samples, context.Network.Classes,
            [.. models.Select(model => model[..^1])]);
        return (found, keptLoss, part);
    }
}
