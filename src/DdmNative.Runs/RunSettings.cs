using DdmNative.Attribution.Sharding;

namespace DdmNative.Runs;

/// <summary>How a run is carried out; none of it changes a result.</summary>
public sealed record RunSettings
{
    /// <summary>Models that are trained together along the ensemble axis in exact retraining; what a killed job loses at most.</summary>
    public int Wave { get; init; } = 8;

    /// <summary>The most models that any stage may run together, where memory is scarce; null for each stage's own number.</summary>
    public int? LargestWave { get; init; }

    /// <summary>Where retrained models are kept, to be shared by several runs; null for the run's own <c>retrained/</c>.</summary>
    public string? RetrainedModels { get; init; }

    /// <summary>The most bytes that a method of the suite may take by its own estimate; null for what the machine has.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The environment's variables that have had a say in the job or in these settings, by name; kept in <c>run.json</c>.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Fields of the job that somebody has given a value, be it the default: beside a network from a file they must be as the file says.
    /// </summary>
    public IReadOnlySet<string> Given { get; init; } = new HashSet<string>();

    /// <summary>Which of several processes this is, whose shares <see cref="Shards.ShardMerge"/> puts together; null where it does all by itself.</summary>
    public Shard? Shard { get; init; }

    /// <summary>Another run of the same data whose finished stages are taken in place of being done again; null for none.</summary>
    public string? From { get; init; }

    /// <summary>What to compare exact retraining's speed with; null for nothing.</summary>
    public PyTorchBaseline? PyTorch { get; init; }

    /// <summary>Whether the user has been told already how the data were read, by a run that this one is part of.</summary>
    internal bool KnowsData { get; init; }

    /// <summary>A stage's own wave, or the largest that is allowed.</summary>
    internal int Bounded(int wave) => Math.Min(wave, LargestWave ?? wave);
}
