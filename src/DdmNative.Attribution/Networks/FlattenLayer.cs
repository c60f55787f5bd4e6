using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>Flattens images to vectors in PyTorch's order (C, then H, then W).</summary>
public sealed class FlattenLayer : Layer
{
    internal FlattenLayer(ImageShape input)
        : base(input, new ImageShape(input.Length, 1, 1))
    {
    }

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(FlattenLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y) => Device.Flatten.Forward(x, y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.Flatten.Forward(xTangent!, yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (xCotangent is not null)
                Device.Flatten.Backward(cotangent, xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (xCotangentTangent is not null)
                Device.Flatten.Backward(cotangentTangent, xCotangentTangent);
        }
    }
}
