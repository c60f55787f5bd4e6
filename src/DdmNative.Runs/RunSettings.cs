using DdmNative.Attribution.Sharding;

namespace DdmNative.Runs;

/// <summary>How a run is carried out; no setting changes a result.</summary>
public sealed record RunSettings
{
    /// <summary>
    /// Models that are trained together along the ensemble axis in exact retraining; a killed job loses at most one such wave.
    /// </summary>
    public int Wave { get; init; } = 8;

    /// <summary>
    /// The maximum number of models that run together in any stage, if memory is limited; null for each stage's own number.
    /// </summary>
    public int? LargestWave { get; init; }

    /// <summary>The folder of retrained models, which several runs can share; null for the run's own <c>retrained/</c>.</summary>
    public string? RetrainedModels { get; init; }

    /// <summary>The memory limit for a method, by its own estimate, in bytes; null for the machine's memory.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The environment variables that affected the job or these settings, by name; stored in <c>run.json</c>.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Fields of the job that were set explicitly, even to the default value: they must agree with a network from a file.
    /// </summary>
    public IReadOnlySet<string> Given { get; init; } = new HashSet<string>();

    /// <summary>
    /// Which of several processes this is, whose shares <see cref="Shards.ShardMerge"/> merges; null if it does all the work.
    /// </summary>
    public Shard? Shard { get; init; }

    /// <summary>Another run on the same data whose finished stages are reused; null for none.</summary>
    public string? From { get; init; }

    /// <summary>The baseline for exact retraining's speed; null for none.</summary>
    public PyTorchBaseline? PyTorch { get; init; }

    /// <summary>Whether an outer run has already told the user how the data were read.</summary>
    internal bool KnowsData { get; init; }

    /// <summary>A stage's own wave, limited to the largest that is allowed.</summary>
    internal int Bounded(int wave) => Math.Min(wave, LargestWave ?? wave);
}
