using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>GELU in its exact form (Hendrycks and Gimpel 2016), PyTorch's default.</summary>
public sealed class GeluLayer : Layer
{
    internal GeluLayer(ImageShape input)
        : base(input, input)
    {
    }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(GeluLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y) => Device.Gelu.Forward(x, y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.Gelu.ForwardTangent(x, xTangent!, yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (xCotangent is not null)
                Device.Gelu.Backward(x, cotangent, xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (xCotangentTangent is null)
                return;
            if (xTangent is null)
                Device.Gelu.Backward(x, cotangentTangent, xCotangentTangent);
            else
                Device.Gelu.BackwardTangent(x, xTangent,
                    cotangent ?? throw new InvalidOperationException("Backward did not compute the cotangent of the images."),
                    cotangentTangent, xCotangentTangent);
        }
    }
}
