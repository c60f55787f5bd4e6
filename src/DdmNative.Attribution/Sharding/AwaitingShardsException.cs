namespace DdmNative.Attribution.Sharding;

/// <summary>This shard's pieces of a stage are computed and stored; the merge of all shards computes the stage's result.</summary>
public sealed class AwaitingShardsException(int own, int of)
    : Exception($"{own} of {of} pieces belong to this shard and are done; ddm merge computes the result.");
