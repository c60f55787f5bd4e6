using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>ReLU, then a mean over window × window squares; window 1 is ReLU alone.</summary>
public sealed class ReluAvgPoolLayer : Layer
{
    internal ReluAvgPoolLayer(ImageShape input, int window)
        : base(input, Pooled(input, window))
        => Window = window;

    public int Window { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private static ImageShape Pooled(ImageShape input, int window)
    {
        TensorShape pooled = ReluAvgPool.Pooled(window, input.For(1, 1));
        return new ImageShape(pooled.Channels, pooled.Height, pooled.Width);
    }

    private sealed class Pass(ReluAvgPoolLayer layer, Device device, int parameterOffset)
        : PiecewiseLinearPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y) => Device.ReluAvgPool.Forward(layer.Window, x, y);

        protected override void MapTangent(Tensor x, Tensor xTangent, Tensor yTangent)
            => Device.ReluAvgPool.ForwardTangent(layer.Window, x, xTangent, yTangent);

        protected override void MapBack(Tensor x, Tensor cotangent, Tensor xCotangent)
            => Device.ReluAvgPool.Backward(layer.Window, x, cotangent, xCotangent);
    }
}
