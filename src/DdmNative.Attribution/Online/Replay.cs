using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Settings of <see cref="Replay"/>; the defaults were measured best on Fashion-MNIST (docs/attribution-quality.md).</summary>
/// <param name="Start">The share of training after which the replay begins; from 0 it fails.</param>
/// <param name="Steps">K.</param>
/// <param name="Momentum">From zero velocity.</param>
/// <param name="Renormalise">Whether the kept images' weights are scaled to sum to one, as the mean over the kept samples does in exact retraining.</param>
public sealed record ReplayOptions(double Start = 0.5, int Steps = 40, float Momentum = 0.9f, bool Renormalise = true);

/// <summary>
/// `replay`: the second half of training again, in K full-batch steps on the synset without the removed groups, against a control replay with all of them.
/// The step sizes are the real schedule integrated over K equal bins. The synset is best matched at checkpoints from θ_T back to the start of the replay
/// (<see cref="MatchingSchedule.Walk"/>).
/// </summary>
public sealed class Replay(ReplayOptions? options = null) : IOnlineMode
{
    private readonly ReplayOptions _options = options ?? new ReplayOptions();

    public string Name => "replay";

    public object Options => _options;

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Synset synset = context.Synset;
        context.Validate(synset);
        float[] learningRates = context.RequireLearningRates(Name);
        Checkpoint start = context.RequireTrajectory(Name).Nearest(_options.Start);
        if (start.Step >= learningRates.Length)
            throw new MissingTrajectoryException($"Mode 'replay' begins after a share of {_options.Start} of training; the nearest recorded checkpoint is the end. Record more of the trajectory.");
        float[] rates = LearningRateBins.Equal(learningRates, start.Step, _options.Steps);
        using Tensor images = context.Device.Upload(synset.SharedShape, synset.Images);
        IReadOnlyList<int[]> removals = context.Removals;
        var samples = new DescentSamples(images, synset.Labels, (member, weights)
            => ImageWeights.Fill(context, synset, member < removals.Count ? removals[member] : [], _options.Renormalise, weights));
        return PerturbedModels.FromEnsemble(removals, new EnsembleDescent(context, _options.Momentum).Run(start.Parameters, samples, rates, removals.Count + 1));
    }
}
