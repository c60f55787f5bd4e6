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

    /// <summary>It is linear for a fixed mask, so the tangents use the same kernel calls.</summary>
    private sealed class Pass(ReluAvgPoolLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y) => Device.ReluAvgPool.Forward(layer.Window, x, y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.ReluAvgPool.ForwardTangent(layer.Window, x, xTangent!, yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (xCotangent is not null)
                Device.ReluAvgPool.Backward(layer.Window, x, cotangent, xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (xCotangentTangent is not null)
                Device.ReluAvgPool.Backward(layer.Window, x, cotangentTangent, xCotangentTangent);
        }
    }
}
