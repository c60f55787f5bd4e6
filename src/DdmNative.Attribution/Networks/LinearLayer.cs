using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>y = xWᵀ + b; parameters <c>NAME.weight</c> [O, I] and <c>NAME.bias</c> [O].</summary>
public sealed class LinearLayer : Layer
{
    internal LinearLayer(string name, ImageShape input, int outputs)
        : base(
            input,
            new ImageShape(outputs, 1, 1),
            new ParameterTensor($"{name}.weight", [outputs, input.Channels], 0) { Initial = InitialRange.ForFanIn(input.Channels) },
            new ParameterTensor($"{name}.bias", [outputs], 0) { Initial = InitialRange.ForFanIn(input.Channels) })
    {
    }

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(LinearLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.MatrixProduct.Forward(x, Parameter(parameters, 0), Parameter(parameters, 1), y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.MatrixProduct.ForwardTangent(
                x, xTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), Parameter(parametersTangent, 1), yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (gradient is not null && products is SampleProducts wanted)
                Device.MatrixProduct.BackwardWeight(x, cotangent, Parameter(gradient, 0), Parameter(gradient, 1), wanted);
            else if (gradient is not null)
                Device.MatrixProduct.BackwardWeight(x, cotangent, Parameter(gradient, 0), Parameter(gradient, 1));
            if (xCotangent is not null)
                Device.MatrixProduct.BackwardData(cotangent, Parameter(parameters, 0), xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (gradientTangent is not null)
                Device.MatrixProduct.BackwardWeightTangent(
                    x, xTangent, cotangent!, cotangentTangent, Parameter(gradientTangent, 0), Parameter(gradientTangent, 1));
            if (xCotangentTangent is not null)
                Device.MatrixProduct.BackwardDataTangent(
                    cotangent!, cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), xCotangentTangent);
        }
    }
}
