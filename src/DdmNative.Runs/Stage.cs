using DdmNative.Attribution.Methods;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs;

/// <summary>
/// A part of a run with its own files. Its key contains everything that it may depend on: its settings, the data, and the stages that it
/// names. A killed stage is run again from its start, unless it keeps partial results under its key.
/// </summary>
internal abstract class Stage
{
    /// <summary>The name in <c>run.json</c> and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The title for people.</summary>
    public abstract string Title { get; }

    /// <summary>The stages whose files it reads.</summary>
    public virtual IReadOnlyList<string> Needs => [];

    /// <summary>Whether the result depends on the data directly, and not only on other stages.</summary>
    public virtual bool ReadsData => true;

    /// <summary>Every setting that affects the result.</summary>
    public abstract object Settings { get; }

    /// <summary>Rejects inputs for which the stage is certain to fail, before any work is done.</summary>
    /// <exception cref="Attribution.Online.MissingTrajectoryException">The stage needs the trajectory of a target that has
    /// none.</exception>
    public virtual void Check(RunInputs inputs)
    {
    }

    /// <summary>
    /// The folder (or file) of partial results, which are not needed after the stage is recorded as finished; null if there are none.
    /// </summary>
    public virtual string? PartialPath => null;

    /// <summary>
    /// The partial results from which the stage resumes after an interruption, e.g. <c>6 models</c>; null if there are none.
    /// </summary>
    public virtual string? Kept(StageContext context) => null;

    /// <summary>The part of the stage that one of several processes does.</summary>
    public virtual ShardWork InShard => ShardWork.Whole;

    /// <summary>A folder with further files of the stage; null for none.</summary>
    public virtual string? Folder => null;

    /// <summary>
    /// About how much there is to do, in training passes (<see cref="TrainingPasses"/>); null where that is not known beforehand.
    /// </summary>
    public virtual double? Work(TrainingPasses passes) => null;

    /// <summary>Does the work and writes the files.</summary>
    /// <returns>The files and figures.</returns>
    /// <exception cref="Attribution.Sharding.AwaitingShardsException">The pieces of a shard are finished.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="Attribution.Formats.DiskException">A file could not be written.</exception>
    public abstract StageResult Run(StageContext context);
}

/// <summary>The files and figures of a finished stage.</summary>
/// <param name="Files">Paths in the run's folder.</param>
/// <param name="Figures">For <c>run.json</c> and the summary, by name.</param>
internal sealed record StageResult(IReadOnlyList<string> Files, IReadOnlyDictionary<string, double> Figures)
{
    public StageResult(params IReadOnlyList<string> files)
        : this(files, new Dictionary<string, double>())
    {
    }
}
