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

    /// <summary>It is linear for fixed positions of the maxima, so the tangents use the same kernel calls.</summary>
    private sealed class Pass(MaxPoolLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y) => Device.MaxPool.Forward(layer.Shape, x, y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.MaxPool.ForwardTangent(layer.Shape, x, xTangent!, yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (xCotangent is not null)
                Device.MaxPool.Backward(layer.Shape, x, cotangent, xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (xCotangentTangent is not null)
                Device.MaxPool.Backward(layer.Shape, x, cotangentTangent, xCotangentTangent);
        }
    }
}
