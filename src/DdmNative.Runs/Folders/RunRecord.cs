using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Folders;

/// <summary><c>run.json</c>: the job, the environment it ran in, the finished stages, and the summary of the results.</summary>
public sealed record RunRecord
{
    /// <summary>The version of the folder's layout.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The version of ddm that wrote the record last.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime and the processor's instruction set, which can also change the last bits of a result.</summary>
    public required string Runtime { get; init; }

    /// <summary>The device of the last run.</summary>
    public required string Device { get; init; }

    /// <summary>The device's arithmetic, which decides the last bits (<see cref="Compute.Device.Arithmetic"/>).</summary>
    public string? Arithmetic { get; init; }

    /// <summary>Which shard of a job this folder is, and its finished work; null for a run that is not a shard.</summary>
    public ShardRecord? Shard { get; init; }

    /// <summary>The finished work of each shard, if the run was merged from shards.</summary>
    public IReadOnlyList<ShardRecord> Shards { get; init; } = [];

    public required Job Job { get; init; }

    /// <summary>The environment variables that affected the job or its execution in the last run, by name.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();

    /// <summary>The data in use; null before they are first read.</summary>
    public DataRecord? Data { get; init; }

    /// <summary>The finished stages, in the order in which they were finished.</summary>
    public IReadOnlyList<StageRecord> Stages { get; init; } = [];

    /// <summary>The results so far; null before the first stage is finished.</summary>
    public RunSummary? Summary { get; init; }

    /// <summary>The stage that is running, or that ran when the process ended; null between stages.</summary>
    public string? Begun { get; init; }

    /// <summary>
    /// SHA-256 of the file with zeros in this place (<see cref="Seal"/>), so that every change is detected; null in files of older
    /// versions.
    /// </summary>
    public string? Seal { get; init; }
}

/// <summary>The data in use.</summary>
/// <param name="Sha256">SHA-256 of the pixels and labels in use in both splits; the keys of stages depend on it.</param>
/// <param name="Train">The number of training images.</param>
/// <param name="Test">The number of test images.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Channels">C.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Mean">The normalisation's means, [C].</param>
/// <param name="Std">The normalisation's standard deviations, [C].</param>
public sealed record DataRecord(string Sha256, int Train, int Test, int Classes, int Channels, int Height, int Width,
    IReadOnlyList<double> Mean, IReadOnlyList<double> Std);

/// <summary>A finished stage.</summary>
public sealed record StageRecord
{
    public required string Name { get; init; }

    /// <summary>SHA-256 of the stage's settings, its inputs and the keys of the stages that it needs.</summary>
    public required string Key { get; init; }

    /// <summary>The stage's duration; if it was interrupted, that of the last part.</summary>
    public double Seconds { get; init; }

    /// <summary>The peak resident memory of the process during the stage, in bytes; 0 if it was not measured.</summary>
    public long PeakBytes { get; init; }

    /// <summary>SHA-256 of every file that the stage wrote, by its path in the folder.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>For every stage that it needs, the fingerprint of the files that it read; null in files of older versions.</summary>
    public IReadOnlyDictionary<string, string>? Read { get; init; }

    /// <summary>The stage's figures, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}
