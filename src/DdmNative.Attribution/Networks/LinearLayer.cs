using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// y = xWᵀ + b; parameters <c>NAME.weight</c> [O, I] and, unless it has none, <c>NAME.bias</c> [O].
/// </summary>
public sealed class LinearLayer : Layer
{
    internal LinearLayer(string name, ImageShape input, int outputs, bool hasBias = true)
        : base(input, new ImageShape(outputs, 1, 1), ParametersOf(name, input.Channels, outputs, hasBias))
    {
    }

    public bool HasBias => Parameters.Count > 1;

    internal override long MultiplyAdds => (long)Input.Channels * Output.Channels;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private static ParameterTensor[] ParametersOf(string name, int inputs, int outputs, bool hasBias)
    {
        InitialRange initial = InitialRange.ForFanIn(inputs);
        var weight = new ParameterTensor($"{name}.weight", [outputs, inputs], 0) { Initial = initial };
        return hasBias ? [weight, new ParameterTensor($"{name}.bias", [outputs], 0) { Initial = initial }] : [weight];
    }

    private sealed class Pass(LinearLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.MatrixProduct.Forward(x, Parameter(parameters, 0), OptionalParameter(parameters, 1), y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.MatrixProduct.ForwardTangent(
                x, xTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), OptionalParameter(parametersTangent, 1), yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (gradient is not null && products is SampleProducts wanted)
                Device.MatrixProduct.BackwardWeight(x, cotangent, Parameter(gradient, 0), OptionalParameter(gradient, 1), wanted);
            else if (gradient is not null)
                Device.MatrixProduct.BackwardWeight(x, cotangent, Parameter(gradient, 0), OptionalParameter(gradient, 1));
            if (xCotangent is not null)
                Device.MatrixProduct.BackwardData(cotangent, Parameter(parameters, 0), xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (gradientTangent is not null)
                Device.MatrixProduct.BackwardWeightTangent(
                    x, xTangent, cotangent!, cotangentTangent, Parameter(gradientTangent, 0), OptionalParameter(gradientTangent, 1));
            if (xCotangentTangent is not null)
                Device.MatrixProduct.BackwardDataTangent(
                    cotangent!, cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), xCotangentTangent);
        }
    }
}
