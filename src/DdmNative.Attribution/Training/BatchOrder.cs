using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The samples of each step: every epoch is a seeded permutation of the training set, divided into batches; the last, smaller one is kept.
/// The order depends only on the seed and the set's size, so that a model trained without a group uses the remaining samples in the same
/// order.
/// </summary>
public sealed class BatchOrder
{
    // Separates batch orders from the subsets and splits with the same seed.
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

    /// <summary>Uses given batches in turn: another implementation's order, for step-by-step comparison.</summary>
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
