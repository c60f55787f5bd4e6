using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Shards;

/// <summary>In the <c>run.json</c> of a shard, which shard it is and what it has done; in that of the merged run, the same of every shard, without the files.</summary>
public sealed record ShardRecord
{
    /// <summary>I of I/N.</summary>
    public required int Index { get; init; }

    /// <summary>N of I/N.</summary>
    public required int Count { get; init; }

    /// <summary>How far the merged run is to be taken.</summary>
    public required string Goal { get; init; }

    /// <summary>Whether all that is this shard's is done.</summary>
    public bool Finished { get; init; }

    /// <summary>What it has done of each stage that is shared out.</summary>
    public IReadOnlyList<ShareRecord> Shares { get; init; } = [];

    /// <summary>The stages that are formed when all shards are put together.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>Which shard.</summary>
    internal Shard Shard => new(Index, Count);

    /// <summary>Whether it says what can be: a shard there is, a goal there is, and files inside the run.</summary>
    internal bool IsSound => Shard.Parse($"{Index}/{Count}") is not null && Enum.TryParse<RunGoal>(Goal, out _)
        && AllFiles.All(RelativePath.Stays);

    /// <summary>Every file that it lists: the pieces', and those of stages that were dealt to it whole.</summary>
    private IEnumerable<string> AllFiles => Shares.SelectMany(share => share.Files.Keys.Concat(share.Result?.Files.Keys ?? []));
}

/// <summary>What one shard has done of a stage.</summary>
public sealed record ShareRecord
{
    public required string Stage { get; init; }

    /// <summary>The stage's key.</summary>
    public required string Key { get; init; }

    /// <summary>The shard's pieces.</summary>
    public int Own { get; init; }

    /// <summary>All shards' pieces.</summary>
    public int Of { get; init; }

    /// <summary>Pieces that were computed for this stage, not found; where it was killed and went on, those since.</summary>
    public int Computed { get; init; }

    /// <summary>The time of those.</summary>
    public double Seconds { get; init; }

    /// <summary>The most resident memory of the process meanwhile, in bytes.</summary>
    public long PeakBytes { get; init; }

    /// <summary>SHA-256 of every file that holds pieces, by its path in the folder.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>The whole stage, where it was dealt to this shard.</summary>
    public StageRecord? Result { get; init; }
}
