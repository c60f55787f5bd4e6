using System.Numerics.Tensors;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online;

/// <summary>
/// Options of <see cref="ControlledReplay"/>; the defaults were measured best on Fashion-MNIST (docs/attribution-quality.md).
/// </summary>
/// <param name="Horizon">How much of the end of training is replayed, as its <see cref="ScheduleLength"/>. It is not a share of the
/// training: a deviation grows with this length, and a synset, which has fewer images than the data, corrects it in fewer directions than
/// the data do. Beyond the default, the replay of a long training diverged.</param>
/// <param name="Earliest">The share of training before which no replay starts, however short the training; a replay from 0 is
/// unstable.</param>
/// <param name="Steps">K: bins of the recorded trajectory.</param>
/// <param name="Momentum">The momentum of the correction.</param>
/// <param name="Scale">The factor of the correction.</param>
/// <param name="Part">The part of the horizon that is replayed, counted from its end; below 1 if the whole was too long (<see
/// cref="TrustRegion"/>).</param>
public sealed record ControlledReplayOptions(double Horizon = 27, double Earliest = 0.25, int Steps = 40, float Momentum = 0.9f,
    float Scale = 0.5f, double Part = 1);

/// <summary>
/// `controlled-replay`: the recorded trajectory as a control variate. Each bin moves a perturbed model like the real training, and corrects
/// it by the change that the synset predicts for the removed groups and the deviation so far: θ̃ ← θ̃ + Δθ_recorded − η·u, u ← μu +
/// g_{S∖g}(θ̃) − g_S(θ_t). The noise of real training cancels, because it is the same on both sides.
/// </summary>
/// <remarks>
/// Weights are not renormalised. With nothing removed the correction is zero and the model follows the recorded trajectory: the control is
/// θ_T itself. With weight decay λ, the gradients are those of the loss + λ‖θ‖²/2, so that their difference contains λ(θ̃ − θ_t). Each
/// phase of training has its own synset (<see cref="PhaseSynsets"/>), all of the same size.
/// </remarks>
public sealed class ControlledReplay(ControlledReplayOptions? options = null) : IOnlineMode
{
    private readonly ControlledReplayOptions _options = options ?? new ControlledReplayOptions();

    public string Name => "controlled-replay";

    public object Options => _options;

    /// <inheritdoc/>
    public int Steps => _options.Steps;

    /// <inheritdoc/>
    public IOnlineMode? Shorter() => new ControlledReplay(_options with { Part = _options.Part / 2 });

    /// <summary>The training step at which the replay of the whole horizon starts.</summary>
    public int FirstStep(TrainingOptions recipe, int totalSteps)
        => ScheduleLength.StartOfLast(recipe, totalSteps, _options.Horizon, _options.Earliest);

    /// <summary>The steps whose parameters the target's training must record for these options.</summary>
    public IReadOnlyList<int> RecordedSteps(TrainingOptions recipe, int totalSteps)
    {
        int first = FirstStep(recipe, totalSteps);
        int bins = Math.Min(_options.Steps, totalSteps - first);
        return [.. Enumerable.Range(0, bins + 1).Select(bin => first + (int)((long)(totalSteps - first) * bin / bins))];
    }

    /// <inheritdoc/>
    public PerturbedModels Run(OnlineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Phases.Count == 0)
            throw new MissingTrajectoryException(
                "Mode 'controlled-replay' needs a synset for each phase of training; distil them, or use 'repair'.");
        foreach (PhaseSynset phase in context.Phases)
        {
            context.Validate(phase.Synset);
            if (phase.Synset.PerGroup != context.Phases[0].Synset.PerGroup)
                throw new ArgumentException("The phases' synsets have different numbers of images per group.", nameof(context));
        }
        float[] learningRates = context.RequireLearningRates(Name);
        TrainingOptions recipe = context.Recipe!;
        Checkpoint[] edges = Edges(context.RequireTrajectory(Name), recipe);
        float[] rates = LearningRateBins.Between(learningRates, [.. edges.Select(edge => edge.Step)]);

        // The correction's own momentum applies a gradient 1/(1 − .9) times in total; the target's momentum may differ.
        TensorPrimitives.Multiply(rates, _options.Scale * ((1 - _options.Momentum) / (1 - recipe.Momentum)), rates);

        int length = context.Network.ParameterCount;
        int members = context.Removals.Count;
        var models = new float[(long)members * length];
        int waves = (members + context.Wave - 1) / context.Wave;
        for (int wave = 0; wave < waves; wave++)
        {
            int first = wave * context.Wave;
            int[][] removals = [.. context.Removals.Skip(first).Take(context.Wave)];
            using var step = new ControlledReplayStep(context, context.Phases[0].Synset, removals, edges[0].Parameters, _options.Momentum);
            for (int bin = 0; bin < rates.Length; bin++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                PhaseSynset phase = context.Phases.LastOrDefault(phase => phase.FirstStep <= edges[bin].Step) ?? context.Phases[0];
                step.Run(bin, phase.Synset, edges[bin].Parameters, edges[bin + 1].Parameters, rates[bin]);
                context.OnStep?.Invoke(wave * rates.Length + bin + 1, waves * rates.Length);
            }
            step.Parameters.CopyTo(models.AsSpan(first * length));
        }
        return new PerturbedModels(context.Removals, models, edges[^1].Parameters);
    }

    /// <summary>
    /// The recorded checkpoints at the bins' edges; if fewer were recorded, there are fewer bins, unless a step would then be as long as a
    /// phase.
    /// </summary>
    private Checkpoint[] Edges(Trajectory trajectory, TrainingOptions recipe)
    {
        IReadOnlyList<int> wanted = RecordedSteps(recipe, trajectory.TotalSteps);
        Checkpoint[] edges = [.. wanted.Select(step => trajectory.Nearest((double)step / trajectory.TotalSteps))
            .DistinctBy(checkpoint => checkpoint.Step)];
        if (edges.Length <= wanted.Count / 2)
        {
            throw new MissingTrajectoryException(
                $"Mode 'controlled-replay' needs {wanted.Count - 1} bins of the recorded trajectory; only {edges.Length} checkpoints were "
                + $"recorded. "
                + "Train again and record the steps in RecordedSteps.");
        }

        double length = _options.Part * ScheduleLength.Between(recipe, trajectory.TotalSteps, edges[0].Step, trajectory.TotalSteps);
        int first = ScheduleLength.StartOfLast(recipe, trajectory.TotalSteps, length);
        return [.. edges.SkipLast(2).SkipWhile(edge => edge.Step < first), .. edges[^2..]];
    }
}
