using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Methods;

/// <summary>Seeded divisions of the parts, for the methods that train on some of them.</summary>
internal static class PartSplits
{
    // Keeps the draws apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x53504C54ul << 32;

    /// <summary>[G]: the shard of each part, dealt out in seeded order, so that shards differ by one part at most.</summary>
    public static int[] Shards(int parts, int shards, ulong seed, int draw)
    {
        var shardOf = new int[parts];
        int[] order = SeededOrder.Permutation(parts, seed, Stream + (ulong)draw);
        for (int i = 0; i < parts; i++)
            shardOf[order[i]] = i % shards;
        return shardOf;
    }
}
