using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>The maximum of each window, per channel.</summary>
public sealed class MaxPoolLayer : Layer
{
    internal MaxPoolLayer(ImageShape input, PoolingShape shape)
        : base(input, input.Pooled(shape))
        => Shape = shape;

    /// <summary>The windows.</summary>
    public PoolingShape Shape { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(MaxPoolLayer layer, Device device, int parameterOffset)
        : PiecewiseLinearPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y) => Device.MaxPool.Forward(layer.Shape, x, y);

        protected override void MapTangent(Tensor x, Tensor xTangent, Tensor yTangent)
            => Device.MaxPool.ForwardTangent(layer.Shape, x, xTangent, yTangent);

        protected override void MapBack(Tensor x, Tensor cotangent, Tensor xCotangent)
            => Device.MaxPool.Backward(layer.Shape, x, cotangent, xCotangent);
    }
}
