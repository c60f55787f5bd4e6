using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>The mean of each window, per channel.</summary>
public sealed class AvgPoolLayer : Layer
{
    internal AvgPoolLayer(ImageShape input, PoolingShape shape)
        : base(input, input.Pooled(shape))
        => Shape = shape;

    /// <summary>The windows.</summary>
    public PoolingShape Shape { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    /// <summary>It is linear, so the tangents use the same kernel calls.</summary>
    private sealed class Pass(AvgPoolLayer layer, Device device, int parameterOffset) : LinearMapPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y) => Device.AvgPool.Forward(layer.Shape, x, y);

        protected override void MapBack(Tensor cotangent, Tensor xCotangent)
            => Device.AvgPool.Backward(layer.Shape, cotangent, xCotangent);
    }
}
