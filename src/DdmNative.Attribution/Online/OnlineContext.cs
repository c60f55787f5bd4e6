using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>The inputs of an online mode. Modes that need no trajectory, training options or phase synsets ignore them.</summary>
/// <param name="Device">The device for the models.</param>
/// <param name="Network">The target's architecture.</param>
/// <param name="Target">θ_T [P].</param>
/// <param name="Synset">The synset, matched in the mode's form (forward; reverse for `forget`), or unmatched real images for a
/// baseline.</param>
/// <param name="GroupSizes">n_g: real samples of each group.</param>
public sealed record OnlineContext(Device Device, Network Network, float[] Target, Synset Synset, IReadOnlyList<int> GroupSizes)
{
    /// <summary>The sets of groups to remove, one perturbed model each; each group alone by default.</summary>
    public IReadOnlyList<int[]> Removals { get; init; } = [.. Enumerable.Range(0, GroupSizes.Count).Select(group => new[] { group })];

    /// <summary>The target's recorded parameters; `replay` and `controlled-replay` need them.</summary>
    public Trajectory? Trajectory { get; init; }

    /// <summary>
    /// The target's training options; `replay` and `controlled-replay` need the learning rates, `repair` uses the weight decay.
    /// </summary>
    public TrainingOptions? Recipe { get; init; }

    /// <summary>One synset per phase of training, ascending; `controlled-replay` needs them.</summary>
    public IReadOnlyList<PhaseSynset> Phases { get; init; } = [];

    /// <summary>The number of models that run together along the ensemble axis; limits memory, never changes a result.</summary>
    public int Wave { get; init; } = 64;

    /// <summary>Called with (steps done, total steps).</summary>
    public Action<int, int>? OnStep { get; init; }

    /// <summary>Checked between steps.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>N: the number of real samples in all groups.</summary>
    public int TrainingCount => GroupSizes.Sum();

    /// <summary>Σ n_g/N of the groups in a removal.</summary>
    public double ShareOf(int[] removal)
    {
        ArgumentNullException.ThrowIfNull(removal);
        return removal.Distinct().Sum(group => (double)GroupSizes[group]) / TrainingCount;
    }

    /// <summary>λ of the target's training, 0 if its training options are missing.</summary>
    internal float WeightDecay => Recipe?.WeightDecay ?? 0;

    /// <summary>Returns the trajectory, or throws with an explanation.</summary>
    /// <exception cref="MissingTrajectoryException">There is none.</exception>
    internal Trajectory RequireTrajectory(string mode)
        => Trajectory ?? throw new MissingTrajectoryException(
            $"Mode '{mode}' starts from the target's recorded trajectory, which is missing. Record the trajectory during training, or use "
            + $"'repair'.");

    /// <summary>η_t for every step of the target's training.</summary>
    /// <exception cref="MissingTrajectoryException">There is no trajectory, or there are no training options.</exception>
    internal float[] RequireLearningRates(string mode)
    {
        int total = RequireTrajectory(mode).TotalSteps;
        if (Recipe is null)
            throw new MissingTrajectoryException($"Mode '{mode}' needs the target's learning rates, but its training options are missing.");
        return [.. Enumerable.Range(0, total).Select(step => LearningRateSchedule.At(step, total, Recipe))];
    }

    /// <exception cref="ArgumentException">The synset's groups, a removal or the parameters do not match.</exception>
    internal void Validate(Synset synset)
    {
        if (Target.Length != Network.ParameterCount)
            throw new ArgumentException($"The target has {Target.Length} parameters; the network has {Network.ParameterCount}.");
        if (synset.GroupCount != GroupSizes.Count)
            throw new ArgumentException($"The synset has {synset.GroupCount} groups, but {GroupSizes.Count} sizes were given.");
        foreach (int group in Removals.SelectMany(removal => removal))
        {
            if (group < 0 || group >= GroupSizes.Count)
                throw new ArgumentException($"Group {group} cannot be removed; there are {GroupSizes.Count}.");
        }
    }
}
