namespace DdmNative.Attribution.Sharding;

/// <summary>
/// Numbers the retrained models of a job in the order in which its stages first ask for them. All shards of a job ask in the same order, so that a model is the same shard's whichever stage wants it, and
/// each stage's new models are dealt out evenly.
/// </summary>
public sealed class ModelNumbers
{
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>The model's number, the next one where it was not asked for before.</summary>
    /// <param name="key">Its content hash (<see cref="Evaluation.RetrainingIdentity"/>).</param>
    public int this[string key]
    {
        get
        {
            _numbers.TryAdd(key, _numbers.Count);
            return _numbers[key];
        }
    }
}
