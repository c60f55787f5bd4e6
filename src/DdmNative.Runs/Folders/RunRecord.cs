using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Folders;

/// <summary><c>run.json</c>: what was asked for, with what it was made, which stages are finished, and the figures that sum it up.</summary>
public sealed record RunRecord
{
    /// <summary>The version of the folder's layout.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The version of ddm that wrote it last.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime and the processor's instruction set: what else could move the last bit.</summary>
    public required string Runtime { get; init; }

    /// <summary>The device it ran on last.</summary>
    public required string Device { get; init; }

    /// <summary>Its arithmetic, which decides the last bits (<see cref="Compute.Device.Arithmetic"/>).</summary>
    public string? Arithmetic { get; init; }

    /// <summary>Which shard of a job this folder is, and what it has done; null for a whole run.</summary>
    public ShardRecord? Shard { get; init; }

    /// <summary>What each shard has done, where the run was put together of shards.</summary>
    public IReadOnlyList<ShardRecord> Shards { get; init; } = [];

    public required Job Job { get; init; }

    /// <summary>The environment's variables that changed the job or how it was carried out the last time, by name.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();

    /// <summary>The data as used, or null before they were first read.</summary>
    public DataRecord? Data { get; init; }

    /// <summary>The finished stages, in the order in which they were finished.</summary>
    public IReadOnlyList<StageRecord> Stages { get; init; } = [];

    /// <summary>What the run found so far, or null before its first stage was finished.</summary>
    public RunSummary? Summary { get; init; }

    /// <summary>The stage that is being run, or was when the process ended; null between stages.</summary>
    public string? Begun { get; init; }

    /// <summary>SHA-256 of the file with zeros in this place (<see cref="Seal"/>), so that nothing in it changes unnoticed; null in files of older versions.</summary>
    public string? Seal { get; init; }
}

/// <summary>The data as used.</summary>
/// <param name="Sha256">Of the pixels and labels in use, both splits: what a stage depends on.</param>
/// <param name="Train">Training images in use.</param>
/// <param name="Test">Test images in use.</param>
/// <param name="Classes">Classes.</param>
/// <param name="Channels">C.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Mean">The normalisation's means, [C].</param>
/// <param name="Std">The normalisation's standard deviations, [C].</param>
public sealed record DataRecord(string Sha256, int Train, int Test, int Classes, int Channels, int Height, int Width, IReadOnlyList<double> Mean, IReadOnlyList<double> Std);

/// <summary>A stage that is finished.</summary>
public sealed record StageRecord
{
    public required string Name { get; init; }

    /// <summary>SHA-256 of the stage's settings, its inputs and the keys of the stages it builds on.</summary>
    public required string Key { get; init; }

    /// <summary>How long it took; where it was interrupted, its last part.</summary>
    public double Seconds { get; init; }

    /// <summary>The most resident memory of the process while it ran, in bytes; 0 where it was not measured.</summary>
    public long PeakBytes { get; init; }

    /// <summary>SHA-256 of every file that it wrote, by its path in the folder.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Of every stage that it builds on, the fingerprint of the files that it has read; null in files of older versions.</summary>
    public IReadOnlyDictionary<string, string>? Read { get; init; }

    /// <summary>The figures that it found, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}
