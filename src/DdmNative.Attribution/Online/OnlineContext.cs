using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>What an online mode starts from. Modes that need no trajectory, recipe or phase synsets do not look at them.</summary>
/// <param name="Device">Where to run.</param>
/// <param name="Network">The target's architecture.</param>
/// <param name="Target">θ_T [P].</param>
/// <param name="Synset">The synset, matched in the mode's own form (forward; reverse for `forget`), or unmatched real images for a baseline.</param>
/// <param name="GroupSizes">n_g: real samples of each group.</param>
public sealed record OnlineContext(Device Device, Network Network, float[] Target, Synset Synset, IReadOnlyList<int> GroupSizes)
{
    /// <summary>The sets of groups to remove, one perturbed model each; each group alone by default.</summary>
    public IReadOnlyList<int[]> Removals { get; init; } = [.. Enumerable.Range(0, GroupSizes.Count).Select(group => new[] { group })];

    /// <summary>The target's recorded parameters; `replay` and `controlled-replay` need them.</summary>
    public Trajectory? Trajectory { get; init; }

    /// <summary>The target's training; `replay` and `controlled-replay` need its learning rates.</summary>
    public TrainingOptions? Recipe { get; init; }

    /// <summary>One synset per phase of training, ascending; `controlled-replay` needs them.</summary>
    public IReadOnlyList<PhaseSynset> Phases { get; init; } = [];

    /// <summary>Models run together along the ensemble axis; bounds memory, never changes a result.</summary>
    public int Wave { get; init; } = 64;

    /// <summary>Called as (steps done, steps in all).</summary>
    public Action<int, int>? OnStep { get; init; }

    /// <summary>Ends between two steps.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>N: real samples in all groups.</summary>
    public int TrainingCount => GroupSizes.Sum();

    /// <summary>Σ n_g/N of the groups in a removal.</summary>
    public double ShareOf(int[] removal)
    {
        ArgumentNullException.ThrowIfNull(removal);
        return removal.Distinct().Sum(group => (double)GroupSizes[group]) / TrainingCount;
    }

    /// <summary>The trajectory, or a clear refusal.</summary>
    /// <exception cref="MissingTrajectoryException">There is none.</exception>
    internal Trajectory RequireTrajectory(string mode)
        => Trajectory ?? throw new MissingTrajectoryException($"Mode '{mode}' starts from the target's recorded trajectory, which is missing. Train with the trajectory recorded, or choose 'repair'.");

    /// <summary>η_t for every step of the target's training.</summary>
    /// <exception cref="MissingTrajectoryException">There is no trajectory or no recipe.</exception>
    internal float[] RequireLearningRates(string mode)
    {
        int total = RequireTrajectory(mode).TotalSteps;
        if (Recipe is null)
            throw new MissingTrajectoryException($"Mode '{mode}' follows the target's learning rates; its training recipe is missing.");
        return [.. Enumerable.Range(0, total).Select(step => CosineSchedule.At(step, total, Recipe.LearningRate))];
    }

    /// <exception cref="ArgumentException">The synset's groups, a removal or the parameters do not fit.</exception>
    internal void Validate(Synset synset)
    {
        if (Target.Length != Network.ParameterCount)
            throw new ArgumentException($"The target has {Target.Length} parameters; the network has {Network.ParameterCount}.");
        if (synset.GroupCount != GroupSizes.Count)
            throw new ArgumentException($"The synset has {synset.GroupCount} groups; sizes of {GroupSizes.Count} were given.");
        foreach (int group in Removals.SelectMany(removal => removal))
        {
            if (group < 0 || group >= GroupSizes.Count)
                throw new ArgumentException($"Group {group} cannot be removed; there are {GroupSizes.Count}.");
        }
    }
}
