namespace DdmNative.Runs.Experiments;

/// <summary>
/// A question of the paper (Ye et al., CVPR 2024), repeated on the user's data: several runs that differ in one setting, with the result as
/// one table and one figure. The runs are ordinary run folders, so an interrupted experiment resumes, and they share retrained models.
/// </summary>
public abstract class Experiment
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The question, for people.</summary>
    public abstract string Title { get; }

    /// <summary>The default methods; empty if the experiment has fixed methods.</summary>
    public virtual IReadOnlyList<string> DefaultMethods => [];

    /// <summary>Runs what is missing and summarises the results.</summary>
    /// <exception cref="Attribution.Formats.BadInputException">The job's data do not allow the experiment; the message says what is
    /// needed.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; finished stages and retrained models are kept.</exception>
    public abstract ExperimentResult Run(ExperimentContext context);
}
