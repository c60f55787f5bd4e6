namespace DdmNative.Attribution.Sharding;

/// <summary>This shard's pieces of a stage are computed and kept; the stage's result is formed when those of all shards are put together.</summary>
public sealed class AwaitingShardsException(int own, int of)
    : Exception($"{own} of {of} pieces are this shard's and done; the result is formed by ddm merge.");
