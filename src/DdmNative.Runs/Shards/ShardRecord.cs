using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>
/// In the <c>run.json</c> of a shard: which shard it is and its finished work. In the <c>run.json</c> of the merged run: the same for every
/// shard, without the files.
/// </summary>
public sealed record ShardRecord
{
    /// <summary>I of I/N.</summary>
    public required int Index { get; init; }

    /// <summary>N of I/N.</summary>
    public required int Count { get; init; }

    /// <summary>The goal of the merged run.</summary>
    public required string Goal { get; init; }

    /// <summary>Whether all of this shard's work is finished.</summary>
    public bool Finished { get; init; }

    /// <summary>The finished work in each shared stage.</summary>
    public IReadOnlyList<ShareRecord> Shares { get; init; } = [];

    /// <summary>The stages that the merge computes.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>Which shard.</summary>
    internal Shard Shard => new(Index, Count);

    /// <summary>Whether the record is valid: an existing shard, an existing goal, and files inside the run.</summary>
    internal bool IsSound => Shard.Parse($"{Index}/{Count}") is not null && Enum.TryParse<RunGoal>(Goal, out _)
        && AllFiles.All(RelativePath.Stays);

    /// <summary>Every file that it lists: those of pieces, and those of stages that were assigned to it completely.</summary>
    private IEnumerable<string> AllFiles => Shares.SelectMany(share => share.Files.Keys.Concat(share.Result?.Files.Keys ?? []));
}

/// <summary>The finished work of one shard in a stage.</summary>
public sealed record ShareRecord
{
    public required string Stage { get; init; }

    /// <summary>The stage's key.</summary>
    public required string Key { get; init; }

    /// <summary>The number of the shard's pieces.</summary>
    public int Own { get; init; }

    /// <summary>The number of all shards' pieces.</summary>
    public int Of { get; init; }

    /// <summary>Pieces that were computed and not found; after a kill, only those computed since.</summary>
    public int Computed { get; init; }

    /// <summary>The time for those pieces.</summary>
    public double Seconds { get; init; }

    /// <summary>The peak resident memory of the process during that time, in bytes.</summary>
    public long PeakBytes { get; init; }

    /// <summary>SHA-256 of every file with pieces, by its path in the folder.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>The complete stage, if it was assigned to this shard.</summary>
    public StageRecord? Result { get; init; }
}
