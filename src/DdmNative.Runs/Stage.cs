using DdmNative.Attribution.Methods;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs;

/// <summary>
/// A part of a run with its own files. What it may depend on is in its key: its settings, the data, and the stages it names. A stage that was killed
/// is run again from its start, unless it keeps partial results under its key.
/// </summary>
internal abstract class Stage
{
    /// <summary>The name in <c>run.json</c> and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, for people.</summary>
    public abstract string Title { get; }

    /// <summary>The stages whose files it reads.</summary>
    public virtual IReadOnlyList<string> Needs => [];

    /// <summary>Whether the data themselves decide the result (and not only other stages).</summary>
    public virtual bool ReadsData => true;

    /// <summary>Every setting that decides the result.</summary>
    public abstract object Settings { get; }

    /// <summary>Refuses what can be known to fail before anything has been done.</summary>
    /// <exception cref="Attribution.Online.MissingTrajectoryException">The stage needs the training of a target that came without it.</exception>
    public virtual void Check(RunInputs inputs)
    {
    }

    /// <summary>The folder (or file) of partial results, which nobody needs once the stage is recorded as finished; null where there are none.</summary>
    public virtual string? PartialPath => null;

    /// <summary>What an interrupted run of the stage has left that it goes on from, e.g. <c>6 models</c>; null where that is nothing.</summary>
    public virtual string? Kept(StageContext context) => null;

    /// <summary>What one of several processes does of it.</summary>
    public virtual ShardWork InShard => ShardWork.Whole;

    /// <summary>A folder of further files that belong to the stage; null for none.</summary>
    public virtual string? Folder => null;

    /// <summary>
    /// About how much there is to do, in training passes (<see cref="TrainingPasses"/>); null where that is not known beforehand.
    /// </summary>
    public virtual double? Work(TrainingPasses passes) => null;

    /// <summary>Does the work and writes the files.</summary>
    /// <returns>What it wrote and found.</returns>
    /// <exception cref="Attribution.Sharding.AwaitingShardsException">The pieces of a shard are done.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted.</exception>
    /// <exception cref="Attribution.Formats.DiskException">A file could not be written.</exception>
    public abstract StageResult Run(StageContext context);
}

/// <summary>What a stage wrote and found.</summary>
/// <param name="Files">Paths in the run's folder.</param>
/// <param name="Figures">For <c>run.json</c> and the summary, by name.</param>
internal sealed record StageResult(IReadOnlyList<string> Files, IReadOnlyDictionary<string, double> Figures)
{
    public StageResult(params IReadOnlyList<string> files)
        : this(files, new Dictionary<string, double>())
    {
    }
}
