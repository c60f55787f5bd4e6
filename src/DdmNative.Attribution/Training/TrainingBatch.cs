using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The batch of one training step as operands of a plan: the images, moved as the training moves them, the label vectors, each member's
/// weights, and what a pass in the training form reads. The host uploads B indices, B moves, E·B weights and the learning rate
/// (<see cref="Prepare"/>) before the plan runs.
/// </summary>
internal sealed class TrainingBatch : IDisposable
{
    private readonly Device _device;
    private readonly TrainingSet _set;
    private readonly TrainingOptions _options;
    private readonly BatchOrder _order;
    private readonly int _members, _totalSteps;
    private readonly ImageMoves? _imageMoves;
    private readonly Tensor _indices;
    private readonly Tensor? _moved, _moves;
    private readonly SampleBatch _samples, _labels;
    private readonly float[] _hostWeights, _hostIndices, _hostMoves;

    /// <param name="device">The device of the set.</param>
    /// <param name="network">A whole network, or the top of one on frozen features.</param>
    /// <param name="set">The samples with the options' label vectors; not disposed here.</param>
    /// <param name="options">The training options.</param>
    /// <param name="order">The batches.</param>
    /// <param name="members">E.</param>
    public TrainingBatch(Device device, Network network, TrainingSet set, TrainingOptions options, BatchOrder order, int members)
    {
        (_device, _set, _options, _order, _members) = (device, set, options, order, members);
        _totalSteps = options.TotalSteps(set.Count);
        int batch = order.BatchSize;
        _imageMoves = ImageMoves.ApplyTo(network, options) ? new ImageMoves(options) : null;
        (_hostWeights, _hostIndices, _hostMoves) = (new float[members * batch], new float[batch], new float[batch * ImageMoves.PerSample]);
        LearningRate = device.Allocate(TensorShape.Vector(1, 1));
        _indices = device.Allocate(new TensorShape(1, batch, 1));
        Weights = device.Allocate(new TensorShape(members, batch, 1));
        _samples = new SampleBatch(device, set.Samples, members: 1, batch);
        _moved = _imageMoves is null ? null : device.AllocateTransient(_samples.Values.Shape);
        _moves = _imageMoves is null ? null : device.Allocate(new TensorShape(1, batch, ImageMoves.PerSample));
        _labels = new SampleBatch(device, set.LabelVectors, members: 1, batch);
        if (network.HasTrainingForm)
            Training = new TrainingInputs(Weights, device.Allocate(new TensorShape(1, batch, 2)), options.Seed);
    }

    /// <summary>η_t, [1, 1, 1].</summary>
    public Tensor LearningRate { get; }

    /// <summary>
    /// The weights of the batch's mean, [E, B]: 0 for a sample that the member drops, and beyond the end of a short batch.
    /// </summary>
    public Tensor Weights { get; }

    /// <summary>The same on the host, [E·B], after <see cref="Prepare"/>.</summary>
    public ReadOnlySpan<float> HostWeights => _hostWeights;

    /// <summary>What the network reads, [1, B, C, H, W].</summary>
    public Tensor Images => _moved ?? _samples.Values;

    /// <summary>Label vectors, [1, B, K].</summary>
    public Tensor Labels => _labels.Values;

    /// <summary>What a pass reads beside the images; null if the network has no training form of its own.</summary>
    public TrainingInputs? Training { get; }

    /// <summary>Records the gathering of the batch and the moves of its images.</summary>
    public void Record()
    {
        _samples.Record(_indices);
        _labels.Record(_indices);
        if (_moved is not null)
            _device.CropFlip.Apply(_samples.Values, _moves!, _moved);
    }

    /// <summary>
    /// Uploads the step's learning rate, its batch's indices and moves, and each member's weights; positions beyond the end of a short
    /// batch refer to sample 0 with weight zero.
    /// </summary>
    /// <param name="step">t.</param>
    /// <param name="isDropped">(member, sample) → whether the member must not learn from the sample; null drops nothing.</param>
    public void Prepare(int step, Func<int, int, bool>? isDropped)
    {
        ReadOnlySpan<int> batch = _order.Batch(step);
        Array.Clear(_hostIndices);
        Array.Clear(_hostWeights);
        for (int n = 0; n < batch.Length; n++)
            _hostIndices[n] = batch[n];
        for (int member = 0; member < _members; member++)
        {
            Span<float> weights = _hostWeights.AsSpan(member * _order.BatchSize, batch.Length);
            double sum = 0;
            for (int n = 0; n < batch.Length; n++)
            {
                if (isDropped is not null && isDropped(member, batch[n]))
                    continue;
                weights[n] = _set.Weights is null ? 1 : _set.Weights[batch[n]];
                sum += weights[n];
            }

            for (int n = 0; sum > 0 && n < weights.Length; n++)
                weights[n] = (float)(weights[n] / sum);
        }

        if (_imageMoves is not null)
        {
            Array.Clear(_hostMoves);
            _imageMoves.Fill(step / _order.StepsPerEpoch, batch, _hostMoves);
            _moves!.Upload(_hostMoves);
        }

        _indices.Upload(_hostIndices);
        _samples.Load(_hostIndices);
        _labels.Load(_hostIndices);
        UploadKeys(step);
        Weights.Upload(_hostWeights);
        LearningRate.Upload([LearningRateSchedule.At(step, _totalSteps, _options)]);
    }

    /// <summary>Starts to read the images of a later step, if they are on the host (<see cref="SampleBatch.Prefetch"/>).</summary>
    public void Prefetch(int step) => _samples.Prefetch(_order.Batch(step));

    public void Dispose()
    {
        Training?.Keys.Dispose();
        foreach (IDisposable? part in (IDisposable?[])[LearningRate, _indices, Weights, _samples, _moved, _moves, _labels])
            part?.Dispose();
    }

    /// <summary>Uploads each sample's position in the set and the step.</summary>
    private void UploadKeys(int step)
    {
        if (Training is null)
            return;
        var keys = new float[2 * _hostIndices.Length];
        for (int n = 0; n < _hostIndices.Length; n++)
            (keys[2 * n], keys[2 * n + 1]) = (_hostIndices[n], step);
        Training.Keys.Upload(keys);
    }
}
