using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Options of <see cref="Replay"/>; the defaults were measured best on Fashion-MNIST (docs/attribution-quality.md).</summary>
/// <param name="Horizon">How much of the end of training is replayed, as its <see cref="ScheduleLength"/>; see
/// <see cref="ControlledReplayOptions"/>.</param>
/// <param name="Earliest">The share of training before which no replay starts, however short the training; a replay from 0 fails.</param>
/// <param name="Steps">K.</param>
/// <param name="Momentum">The momentum, from zero velocity.</param>
/// <param name="Renormalise">Whether the kept images' weights are scaled to sum to one, like the mean over the kept samples in exact
/// retraining.</param>
/// <param name="Part">The part of the steps that is run; below 1 if all were too many (<see cref="TrustRegion"/>).</param>
public sealed record ReplayOptions(double Horizon = 9.3, double Earliest = 0.5, int Steps = 40, float Momentum = 0.9f,
    bool Renormalise = true, double Part = 1);

/// <summary>
/// `replay`: the end of training again, in K full-batch steps on the synset without the removed groups, against a control replay with all
/// of them. The step sizes are the real schedule integrated over K equal bins. The synset is best matched at checkpoints from θ_T back to
/// the start of the replay (<see cref="MatchingSchedule.Walk"/>).
/// </summary>
public sealed class Replay(ReplayOptions? options = null) : IOnlineMode
{
    private readonly ReplayOptions _options = options ?? new ReplayOptions();

    public string Name => "replay";

    public object Options => _options;

    /// <inheritdoc/>
    public int Steps => TrustRegion.StepsOf(_options.Steps, _options.Part);

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => new Replay(_options with { Part = _options.Part / 2 });

    /// <summary>The training step at which the replay starts; its synset is matched there.</summary>
    public int FirstStep(TrainingOptions recipe, int totalSteps)
        => ScheduleLength.StartOfLast(recipe, totalSteps, _options.Horizon, _options.Earliest);

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Synset synset = context.Synset;
        context.Validate(synset);
        float[] learningRates = context.RequireLearningRates(Name);
        int first = FirstStep(context.Recipe!, learningRates.Length);
        Checkpoint start = context.RequireTrajectory(Name).NearestTo(first);
        if (start.Step >= learningRates.Length)
            throw new MissingTrajectoryException(
                $"Mode 'replay' starts at step {first} of training, but the nearest recorded checkpoint is the last one. Record more of "
                + $"the trajectory.");
        float[] rates = [.. LearningRateBins.Equal(learningRates, start.Step, _options.Steps).Take(Steps)];
        using Tensor images = context.Device.Upload(synset.SharedShape, synset.Images);
        IReadOnlyList<int[]> removals = context.Removals;
        var samples = new DescentSamples(images, synset.Labels, (member, weights)
            => ImageWeights.Fill(context, synset, member < removals.Count ? removals[member] : [], _options.Renormalise, weights));
        var descent = new EnsembleDescent(context, _options.Momentum, context.WeightDecay, context.Recipe!.Nesterov);
        return PerturbedModels.FromEnsemble(removals, descent.Run(start.Parameters, samples, rates, removals.Count + 1));
    }
}
