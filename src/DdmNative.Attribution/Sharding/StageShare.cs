namespace DdmNative.Attribution.Sharding;

/// <summary>What one shard does of a stage whose work falls into pieces, and what it has kept of it.</summary>
/// <param name="shard">Which shard.</param>
/// <param name="numbers">The numbers of the job's retrained models.</param>
public sealed class StageShare(Shard shard, ModelNumbers numbers)
{
    private readonly HashSet<string> _files = [];

    /// <summary>The files that hold the shard's pieces, full paths.</summary>
    public IReadOnlySet<string> Files => _files;

    /// <summary>The shard's pieces.</summary>
    public int Own { get; private set; }

    /// <summary>All shards' pieces.</summary>
    public int Of { get; private set; }

    /// <summary>Pieces computed, not found.</summary>
    public int Computed { get; private set; }

    /// <summary>The time of those.</summary>
    public double Seconds { get; private set; }

    /// <summary>Whether a piece is this shard's.</summary>
    public bool Owns(int piece) => shard.Owns(piece);

    /// <summary>Whether a retrained model is this shard's.</summary>
    public bool Owns(string model) => shard.Owns(numbers[model]);

    /// <summary>Files hold pieces of the shard's.</summary>
    public void Keep(params IEnumerable<string> paths) => _files.UnionWith(paths);

    /// <summary>So many pieces were computed in that time.</summary>
    public void Spend(int pieces, double seconds)
    {
        Computed += pieces;
        Seconds += seconds;
    }

    /// <summary>Ends the stage here: what is this shard's is kept.</summary>
    /// <param name="own">The shard's pieces.</param>
    /// <param name="of">All shards' pieces.</param>
    public AwaitingShardsException End(int own, int of)
    {
        (Own, Of) = (own, of);
        return new AwaitingShardsException(own, of);
    }
}
