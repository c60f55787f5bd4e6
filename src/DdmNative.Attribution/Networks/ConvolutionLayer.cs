using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>Convolution; parameters <c>NAME.weight</c> [O, I, k, k] and, unless it has none, <c>NAME.bias</c> [O].</summary>
public sealed class ConvolutionLayer : Layer
{
    private readonly ConvolutionShape _shape;

    internal ConvolutionLayer(string name, ImageShape input, ConvolutionShape shape, bool hasBias, InitialRange? initial = null)
        : base(input, new ImageShape(shape.OutputChannels, shape.OutputHeight, shape.OutputWidth), ParametersOf(name, shape, hasBias,
            initial))
        => this._shape = shape;

    public int KernelSize => _shape.KernelSize;

    public int Padding => _shape.Padding;

    public int Stride => _shape.Stride;

    public bool HasBias => Parameters.Count > 1;

    internal override long MultiplyAdds => _shape.MultiplyAdds;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private static ParameterTensor[] ParametersOf(string name, ConvolutionShape shape, bool hasBias, InitialRange? initial)
    {
        InitialRange usual = InitialRange.ForFanIn(checked(shape.InputChannels * shape.KernelSize * shape.KernelSize));
        var weight = new ParameterTensor($"{name}.weight",
            [shape.OutputChannels, shape.InputChannels, shape.KernelSize, shape.KernelSize], 0) { Initial = initial ?? usual };
        return hasBias ? [weight, new ParameterTensor($"{name}.bias", [shape.OutputChannels], 0) { Initial = usual }] : [weight];
    }

    private sealed class Pass(ConvolutionLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.Convolution.Forward(layer._shape, x, Parameter(parameters, 0), OptionalParameter(parameters, 1), y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.Convolution.ForwardTangent(
                layer._shape, x, xTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0),
                OptionalParameter(parametersTangent, 1),
                yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (gradient is not null && products is SampleProducts wanted)
                Device.Convolution.BackwardFilter(layer._shape, x, cotangent, Parameter(gradient, 0), OptionalParameter(gradient, 1),
                    wanted);
            else if (gradient is not null)
                Device.Convolution.BackwardFilter(layer._shape, x, cotangent, Parameter(gradient, 0), OptionalParameter(gradient, 1));
            if (xCotangent is not null)
                Device.Convolution.BackwardData(layer._shape, cotangent, Parameter(parameters, 0), xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (gradientTangent is not null)
                Device.Convolution.BackwardFilterTangent(
                    layer._shape, x, xTangent, cotangent!, cotangentTangent, Parameter(gradientTangent, 0),
                    OptionalParameter(gradientTangent, 1));
            if (xCotangentTangent is not null)
                Device.Convolution.BackwardDataTangent(
                    layer._shape, cotangent!, cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0),
                    xCotangentTangent);
        }
    }
}
