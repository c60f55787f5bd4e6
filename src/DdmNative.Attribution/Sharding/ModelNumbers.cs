namespace DdmNative.Attribution.Sharding;

/// <summary>
/// Numbers the retrained models of a job in the order in which its stages first request them. All shards of a job use the same order, so
/// that a model belongs to the same shard in every stage, and each stage's new models are divided evenly.
/// </summary>
public sealed class ModelNumbers
{
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>The model's number; the next one if it is requested for the first time.</summary>
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
