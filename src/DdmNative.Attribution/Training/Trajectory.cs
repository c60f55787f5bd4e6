namespace DdmNative.Attribution.Training;

/// <summary>A model's parameters at one step of its training.</summary>
/// <param name="Step">The number of finished steps: 0 for the initialisation, T for the trained model.</param>
/// <param name="Parameters">θ after that many steps, [P].</param>
public sealed record Checkpoint(int Step, float[] Parameters);

/// <summary>The target's parameters recorded during its training, in the order of the steps.</summary>
public sealed class Trajectory
{
    /// <param name="checkpoints">In ascending order of their steps, the first for step 0.</param>
    /// <exception cref="ArgumentException">There is none, the first is not the initialisation, or they are out of order.</exception>
    public Trajectory(IReadOnlyList<Checkpoint> checkpoints)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        if (checkpoints.Count == 0 || checkpoints[0].Step != 0)
            throw new ArgumentException("A trajectory starts with the initialisation, step 0.", nameof(checkpoints));
        for (int i = 1; i < checkpoints.Count; i++)
        {
            if (checkpoints[i].Step <= checkpoints[i - 1].Step)
                throw new ArgumentException($"Step {checkpoints[i].Step} follows step {checkpoints[i - 1].Step}; expected ascending steps.",
                    nameof(checkpoints));
        }

        Checkpoints = checkpoints;
    }

    /// <summary>All checkpoints, ascending.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>T: the step of the last one.</summary>
    public int TotalSteps => Checkpoints[^1].Step;

    /// <summary>θ after exactly this many steps.</summary>
    /// <exception cref="ArgumentException">That step was not recorded.</exception>
    public float[] At(int step)
        => Checkpoints.FirstOrDefault(checkpoint => checkpoint.Step == step)?.Parameters
        ?? throw new ArgumentException(
            $"Step {step} was not recorded; the recorded steps are {string.Join(", ", Checkpoints.Select(c => c.Step))}.", nameof(step));

    /// <summary>The recorded checkpoint nearest to the given share of the training (0 … 1); of two equally near, the earlier.</summary>
    public Checkpoint Nearest(double share) => Checkpoints.MinBy(checkpoint => Math.Abs(checkpoint.Step - share * TotalSteps))!;

    /// <summary>The recorded checkpoint nearest to a step; of two equally near, the earlier.</summary>
    public Checkpoint NearestTo(int step) => Checkpoints.MinBy(checkpoint => Math.Abs(checkpoint.Step - step))!;

    /// <summary>
    /// The steps recorded by default: start, quarters, end, every epoch's end, and the ends of <paramref name="bins"/> equal parts of the
    /// training (which controlled replay uses).
    /// </summary>
    public static IReadOnlyList<int> DefaultSteps(int totalSteps, int stepsPerEpoch, int bins = 0)
    {
        var steps = new SortedSet<int> { 0, totalSteps };
        for (int epochEnd = stepsPerEpoch; epochEnd < totalSteps; epochEnd += stepsPerEpoch)
            steps.Add(epochEnd);
        for (int quarter = 1; quarter < 4; quarter++)
            steps.Add(StepAt(quarter / 4.0, totalSteps));
        for (int bin = 1; bin < bins; bin++)
            steps.Add(StepAt((double)bin / bins, totalSteps));
        return [.. steps];
    }

    /// <summary>The step at a share (0 … 1) of the training, halves rounded up.</summary>
    public static int StepAt(double share, int totalSteps) => (int)Math.Floor(share * totalSteps + 0.5);
}
