namespace DdmNative.Runs.Shards;

/// <summary>What one of several processes does in a stage.</summary>
internal enum ShardWork
{
    /// <summary>
    /// All of the stage, as every other shard does, because the other work depends on it. The bits are equal in every shard.
    /// </summary>
    Whole,

    /// <summary>Its own pieces, usually models.</summary>
    Pieces,

    /// <summary>All of the stage or nothing: each such stage is assigned to one shard.</summary>
    Dealt,

    /// <summary>Nothing: the stage needs the results of all shards.</summary>
    Merge,
}
