namespace DdmNative.Runs.Shards;

/// <summary>What one of several processes does of a stage.</summary>
internal enum ShardWork
{
    /// <summary>All of it, as every other does: what the others' work begins with. Equal bits in every shard.</summary>
    Whole,

    /// <summary>Its own pieces: models, mostly.</summary>
    Pieces,

    /// <summary>All of it or nothing: such stages are dealt out, each to one shard.</summary>
    Dealt,

    /// <summary>Nothing: it needs what the shards have made together.</summary>
    Merge,
}
