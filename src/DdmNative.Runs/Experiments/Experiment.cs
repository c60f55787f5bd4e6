namespace DdmNative.Runs.Experiments;

/// <summary>
/// A question of the paper (Ye et al., CVPR 2024) asked again on data at hand: several runs that differ in one thing, and what comes of it as one table and one figure. Runs are run folders like
/// any other, so that an interrupted experiment goes on, and they share retrained models.
/// </summary>
public abstract class Experiment
{
    /// <summary>As on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The question, for people.</summary>
    public abstract string Title { get; }

    /// <summary>The methods that are looked at unless others are asked for; empty where the experiment is about certain methods.</summary>
    public virtual IReadOnlyList<string> DefaultMethods => [];

    /// <summary>Does what is missing and sums up.</summary>
    /// <exception cref="Attribution.Formats.BadInputException">The job's data do not allow the experiment; the message says what would.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; finished stages and retrained models are kept.</exception>
    public abstract ExperimentResult Run(ExperimentContext context);
}
