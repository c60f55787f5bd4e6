using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// The chain network as kernel calls on intermediates that the caller allocates: persistent for eager calls, transient for plans.
/// </summary>
internal sealed class DeviceChain
{
    private readonly Device _device;
    private readonly Block[] _blocks;
    private readonly Tensor _features, _featuresTangent, _featuresCotangent, _logitsCotangent, _logitsCotangentTangent;

    public DeviceChain(Device device, int samples, Func<TensorShape, Tensor> allocate)
    {
        _device = device;
        _blocks = [.. ChainNetwork.Blocks.Select(b => new Block(b.Shape, b.Window, b.Offset, samples, allocate))];
        var features = new TensorShape(1, samples, ChainNetwork.Features);
        (_features, _featuresTangent, _featuresCotangent) = (allocate(features), allocate(features), allocate(features));
        var logits = new TensorShape(1, samples, ChainNetwork.Classes);
        (Logits, LogitsTangent, _logitsCotangent, _logitsCotangentTangent) = (allocate(logits), allocate(logits), allocate(logits),
            allocate(logits));
    }

    public Tensor Logits { get; }

    public Tensor LogitsTangent { get; }

    public void Forward(Tensor parameters, Tensor images)
    {
        Tensor x = images;
        foreach (Block b in _blocks)
        {
            _device.Convolution.Forward(b.Shape, x, b.Filter(parameters), b.Bias(parameters), b.Maps);
            _device.InstanceNorm.Forward(b.Maps, b.Scale(parameters), b.Shift(parameters), b.Normalised, b.Statistics);
            _device.ReluAvgPool.Forward(b.Window, b.Normalised, b.Pooled);
            x = b.Pooled;
        }
        _device.Flatten.Forward(x, _features);
        _device.MatrixProduct.Forward(_features, Weight(parameters), Bias(parameters), Logits);
    }

    public void Backward(Tensor parameters, Tensor images, Tensor labels, Tensor weights, Tensor gradient, Tensor? imagesCotangent)
    {
        _device.SoftmaxCrossEntropy.Backward(Logits, labels, weights, _logitsCotangent);
        _device.MatrixProduct.BackwardWeight(_features, _logitsCotangent, Weight(gradient), Bias(gradient));
        _device.MatrixProduct.BackwardData(_logitsCotangent, Weight(parameters), _featuresCotangent);
        _device.Flatten.Backward(_featuresCotangent, _blocks[^1].PooledCotangent);
        for (int i = _blocks.Length - 1; i >= 0; i--)
        {
            Block b = _blocks[i];
            _device.ReluAvgPool.Backward(b.Window, b.Normalised, b.PooledCotangent, b.NormalisedCotangent);
            _device.InstanceNorm.Backward(
                b.Maps, b.Statistics, b.NormalisedCotangent, b.Scale(parameters), b.MapsCotangent, b.Scale(gradient), b.Shift(gradient));
            _device.Convolution.BackwardFilter(b.Shape, i == 0
                ? images : _blocks[i - 1].Pooled, b.MapsCotangent, b.Filter(gradient), b.Bias(gradient));
            if ((i == 0 ? imagesCotangent : _blocks[i - 1].PooledCotangent) is Tensor result)
                _device.Convolution.BackwardData(b.Shape, b.MapsCotangent, b.Filter(parameters), result);
        }
    }

    public void ForwardTangent(Tensor parameters, Tensor direction, Tensor images)
    {
        (Tensor x, Tensor? xTangent) = (images, null);
        foreach (Block b in _blocks)
        {
            _device.Convolution.ForwardTangent(b.Shape, x, xTangent, b.Filter(parameters), b.Filter(direction), b.Bias(direction),
                b.MapsTangent);
            _device.InstanceNorm.ForwardTangent(
                b.Maps, b.MapsTangent, b.Statistics, b.Scale(parameters), b.Scale(direction), b.Shift(direction), b.NormalisedTangent);
            _device.ReluAvgPool.ForwardTangent(b.Window, b.Normalised, b.NormalisedTangent, b.PooledTangent);
            (x, xTangent) = (b.Pooled, b.PooledTangent);
        }
        _device.Flatten.Forward(xTangent!, _featuresTangent);
        _device.MatrixProduct.ForwardTangent(_features, _featuresTangent, Weight(parameters), Weight(direction), Bias(direction),
            LogitsTangent);
    }

    /// <summary>Without the gradient's tangent, what matching needs; with it, also a Hessian-vector product.</summary>
    public void BackwardTangent(
        Tensor parameters, Tensor direction, Tensor images, Tensor labels, Tensor weights, Tensor? gradientTangent,
        Tensor imagesCotangentTangent)
    {
        _device.SoftmaxCrossEntropy.BackwardTangent(Logits, LogitsTangent, labels, weights, _logitsCotangentTangent);
        if (gradientTangent is not null)
            _device.MatrixProduct.BackwardWeightTangent(
                _features, _featuresTangent, _logitsCotangent, _logitsCotangentTangent, Weight(gradientTangent), Bias(gradientTangent));
        _device.MatrixProduct.BackwardDataTangent(_logitsCotangent, _logitsCotangentTangent, Weight(parameters), Weight(direction),
            _featuresTangent);
        _device.Flatten.Backward(_featuresTangent, _blocks[^1].PooledCotangentTangent);
        for (int i = _blocks.Length - 1; i >= 0; i--)
        {
            Block b = _blocks[i];
            _device.ReluAvgPool.Backward(b.Window, b.Normalised, b.PooledCotangentTangent, b.NormalisedCotangentTangent);
            _device.InstanceNorm.BackwardTangent(
                b.Maps, b.MapsTangent, b.Statistics, b.NormalisedCotangent, b.NormalisedCotangentTangent, b.Scale(parameters),
                b.Scale(direction),
                b.MapsCotangentTangent, gradientTangent is null
                ? null : b.Scale(gradientTangent), gradientTangent is null ? null : b.Shift(gradientTangent));
            if (gradientTangent is not null)
                _device.Convolution.BackwardFilterTangent(
                    b.Shape, i == 0 ? images : _blocks[i - 1].Pooled, i == 0
                    ? null : _blocks[i - 1].PooledTangent, b.MapsCotangent, b.MapsCotangentTangent,
                    b.Filter(gradientTangent), b.Bias(gradientTangent));
            _device.Convolution.BackwardDataTangent(
                b.Shape, b.MapsCotangent, b.MapsCotangentTangent, b.Filter(parameters), b.Filter(direction),
                i == 0 ? imagesCotangentTangent : _blocks[i - 1].PooledCotangentTangent);
        }
    }

    private static Slice Weight(Tensor vector) => new(vector, ChainNetwork.WeightOffset, ChainNetwork.Classes * ChainNetwork.Features);

    private static Slice Bias(Tensor vector)
        => new(vector, ChainNetwork.WeightOffset + ChainNetwork.Classes * ChainNetwork.Features, ChainNetwork.Classes);

    /// <summary>One block's place in the parameter vector and its intermediates.</summary>
    private sealed class Block(ConvolutionShape shape, int window, int offset, int samples, Func<TensorShape, Tensor> allocate)
    {
        public ConvolutionShape Shape => shape;

        public int Window => window;

        public Tensor Maps { get; } = allocate(MapsShape(shape, samples));

        public Tensor MapsTangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor MapsCotangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor MapsCotangentTangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor Normalised { get; } = allocate(MapsShape(shape, samples));

        public Tensor NormalisedTangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor NormalisedCotangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor NormalisedCotangentTangent { get; } = allocate(MapsShape(shape, samples));

        public Tensor Statistics { get; } = allocate(InstanceNorm.StatisticsShape(MapsShape(shape, samples)));

        public Tensor Pooled { get; } = allocate(ReluAvgPool.Pooled(window, MapsShape(shape, samples)));

        public Tensor PooledTangent { get; } = allocate(ReluAvgPool.Pooled(window, MapsShape(shape, samples)));

        public Tensor PooledCotangent { get; } = allocate(ReluAvgPool.Pooled(window, MapsShape(shape, samples)));

        public Tensor PooledCotangentTangent { get; } = allocate(ReluAvgPool.Pooled(window, MapsShape(shape, samples)));

        public Slice Filter(Tensor vector) => new(vector, offset, shape.FilterLength);

        public Slice Bias(Tensor vector) => After(vector, 0);

        public Slice Scale(Tensor vector) => After(vector, 1);

        public Slice Shift(Tensor vector) => After(vector, 2);

        private Slice After(Tensor vector, int index)
            => new(vector, offset + shape.FilterLength + index * shape.OutputChannels, shape.OutputChannels);

        private static TensorShape MapsShape(ConvolutionShape shape, int samples)
            => new(1, samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);
    }
}
