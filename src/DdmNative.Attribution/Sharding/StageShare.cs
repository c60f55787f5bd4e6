namespace DdmNative.Attribution.Sharding;

/// <summary>One shard's part of a stage whose work is divided into pieces, and the shard's stored results.</summary>
/// <param name="shard">Which shard.</param>
/// <param name="numbers">The numbers of the job's retrained models.</param>
public sealed class StageShare(Shard shard, ModelNumbers numbers)
{
    private readonly HashSet<string> _files = [];

    /// <summary>The full paths of the files with the shard's pieces.</summary>
    public IReadOnlySet<string> Files => _files;

    /// <summary>The number of the shard's pieces.</summary>
    public int Own { get; private set; }

    /// <summary>The number of all shards' pieces.</summary>
    public int Of { get; private set; }

    /// <summary>The number of pieces that were computed and not found.</summary>
    public int Computed { get; private set; }

    /// <summary>The time for those pieces.</summary>
    public double Seconds { get; private set; }

    /// <summary>Whether a piece belongs to this shard.</summary>
    public bool Owns(int piece) => shard.Owns(piece);

    /// <summary>Whether a retrained model belongs to this shard.</summary>
    public bool Owns(string model) => shard.Owns(numbers[model]);

    /// <summary>Adds files with pieces of this shard.</summary>
    public void Keep(params IEnumerable<string> paths) => _files.UnionWith(paths);

    /// <summary>Adds computed pieces and their time.</summary>
    public void Spend(int pieces, double seconds)
    {
        Computed += pieces;
        Seconds += seconds;
    }

    /// <summary>Does several lists of pieces, each of which ends the stage, and ends it after the last.</summary>
    public AwaitingShardsException EndAfter(params IEnumerable<Action> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        (int own, int of) = (0, 0);
        foreach (Action list in lists)
        {
            try
            {
                list();
            }
            catch (AwaitingShardsException)
            {
                (own, of) = (own + Own, of + Of);
            }
        }

        return End(own, of);
    }

    /// <summary>Ends the stage in a shard, whose pieces are stored.</summary>
    /// <param name="own">The number of the shard's pieces.</param>
    /// <param name="of">The number of all shards' pieces.</param>
    public AwaitingShardsException End(int own, int of)
    {
        (Own, Of) = (own, of);
        return new AwaitingShardsException(own, of);
    }
}
