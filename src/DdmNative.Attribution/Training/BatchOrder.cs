using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Which samples each step sees: every epoch is a seeded permutation of the training set, cut into batches; the last, smaller one is kept.
/// The order depends on the seed and the set's size only, so that a model trained without a group meets the remaining samples in the same order.
/// </summary>
public sealed class BatchOrder
{
    // Keeps batch orders apart from the subsets and splits that are drawn with the same seed.
    private const ulong StreamBase = 0x4241544348ul << 24;

    private readonly ulong _seed;
    private readonly IReadOnlyList<int[]>? _given;
    private int[] _permutation = [];
    private int _epoch = -1;

    /// <exception cref="ArgumentOutOfRangeException">The set is empty or the batch size is below one.</exception>
    public BatchOrder(int samples, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        Samples = samples;
        BatchSize = Math.Min(batchSize, samples);
        _seed = seed;
    }

    /// <summary>Batches laid down elsewhere, taken in turn: another implementation's order, to be compared with it step by step.</summary>
    internal BatchOrder(int samples, IReadOnlyList<int[]> batches)
        : this(samples, batches.Max(batch => batch.Length), seed: 0) => _given = batches;

    /// <summary>N.</summary>
    public int Samples { get; }

    /// <summary>B: samples of a full batch, at most N.</summary>
    public int BatchSize { get; }

    /// <summary>⌈N/B⌉.</summary>
    public int StepsPerEpoch => _given?.Count ?? StepsIn(Samples, BatchSize);

    /// <summary>The steps of one epoch over <paramref name="samples"/> samples.</summary>
    public static int StepsIn(int samples, int batchSize) => (samples + batchSize - 1) / batchSize;

    /// <summary>The samples of step <paramref name="step"/>, counted from the start of training; valid until the next call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public ReadOnlySpan<int> Batch(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (_given is not null)
            return _given[step % _given.Count];
        int epoch = step / StepsPerEpoch;
        if (epoch != _epoch)
            (_permutation, _epoch) = (SeededOrder.Permutation(Samples, _seed, StreamBase + (ulong)epoch), epoch);
        int first = step % StepsPerEpoch * BatchSize;
        return _permutation.AsSpan(first, Math.Min(BatchSize, Samples - first));
    }
}
