using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Grouping;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Synsets that are distilled when a method asks for them, in memory.</summary>
internal sealed class DistilledSynsets(MethodContext context) : ISynsets
{
    private readonly Dictionary<SynsetRecipe, (Synset Last, IReadOnlyList<PhaseSynset> Phases)> _distilled = [];

    private FrozenFeatures? _features;

    public Synset Images(SynsetRecipe recipe) => Distil(recipe).Last;

    public IReadOnlyList<PhaseSynset> Phases(SynsetRecipe recipe) => Distil(recipe).Phases;

    public FeatureSynset Features(SynsetRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return FeatureSynset.Distil(Penultimate(), context.Parts, recipe.PerGroup, context.Seed, context.Train.Labels);
    }

    private FrozenFeatures Penultimate() => _features ??= FrozenFeatures.Compute(
        context.Device, context.Network, context.Network.HeadStart, context.Target, context.Train.Rows);

    private (Synset Last, IReadOnlyList<PhaseSynset> Phases) Distil(SynsetRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (_distilled.TryGetValue(recipe, out (Synset, IReadOnlyList<PhaseSynset>) found))
            return found;
        Trajectory trajectory = recipe.NeedsTrajectory
            ? context.RequireTrajectory(recipe.Kind)
            : context.Trajectory ?? new Trajectory([new Checkpoint(0, context.Target)]);
        GroupRepresentatives nearest = GroupRepresentatives.Nearest(Penultimate().Rows, context.Parts, recipe.PerGroup, context.Seed);
        var images = new SynsetStart(context.Network.Input, context.Network.Classes, context.Train.Images, context.Train.Labels)
        {
            LabelSmoothing = context.Recipe.LabelSmoothing,
        };
        Synset start = images.Nearest(nearest.Samples, recipe.PerGroup);
        using var real = new GroupGradients(
            context.Device, context.Network, context.TrainSet.Images, context.TrainSet.Labels, context.Parts.GroupOf, context.Parts.Count);
        MatchingOptions options = SynsetMatching.Options(recipe);
        options = options with { Wave = context.Bounded(options.Wave) };
        var matching = new SynsetMatching(context.Device, context.Network, trajectory, start, real, options, context.Recipe, recipe)
        {
            OnProgress = (done, total, unit) => context.OnProgress?.Invoke(done, total, unit),
            Cancellation = context.Cancellation,
            Kept = context.Pieces.Kept,
        };
        IReadOnlyList<PhaseSynset> phases = recipe.Kind == SynsetRecipe.Phases ? matching.MatchPhases() : [];
        found = (phases.Count > 0 ? phases[^1].Synset : matching.Match().Synset, phases);
        _distilled.Add(recipe, found);
        return found;
    }
}
