using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>Stride-1 convolution with bias; parameters <c>NAME.weight</c> [O, I, k, k] and <c>NAME.bias</c> [O].</summary>
public sealed class ConvolutionLayer : Layer
{
    private readonly ConvolutionShape _shape;

    internal ConvolutionLayer(string name, ImageShape input, int outputChannels, int kernelSize, int padding)
        : this(name, input, new ConvolutionShape(input.Channels, outputChannels, input.Height, input.Width, kernelSize, padding))
    {
    }

    private ConvolutionLayer(string name, ImageShape input, ConvolutionShape shape)
        : base(
            input,
            new ImageShape(shape.OutputChannels, shape.OutputHeight, shape.OutputWidth),
            new ParameterTensor($"{name}.weight", [shape.OutputChannels, shape.InputChannels, shape.KernelSize, shape.KernelSize],
            0) { Initial = Range(shape) },
            new ParameterTensor($"{name}.bias", [shape.OutputChannels], 0) { Initial = Range(shape) })
        => this._shape = shape;

    public int KernelSize => _shape.KernelSize;

    public int Padding => _shape.Padding;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private static InitialRange Range(ConvolutionShape shape)
        => InitialRange.ForFanIn(checked(shape.InputChannels * shape.KernelSize * shape.KernelSize));

    private sealed class Pass(ConvolutionLayer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.Convolution.Forward(layer._shape, x, Parameter(parameters, 0), Parameter(parameters, 1), y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.Convolution.ForwardTangent(
                layer._shape, x, xTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), Parameter(parametersTangent, 1),
                yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (gradient is not null && products is SampleProducts wanted)
                Device.Convolution.BackwardFilter(layer._shape, x, cotangent, Parameter(gradient, 0), Parameter(gradient, 1), wanted);
            else if (gradient is not null)
                Device.Convolution.BackwardFilter(layer._shape, x, cotangent, Parameter(gradient, 0), Parameter(gradient, 1));
            if (xCotangent is not null)
                Device.Convolution.BackwardData(layer._shape, cotangent, Parameter(parameters, 0), xCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            if (gradientTangent is not null)
                Device.Convolution.BackwardFilterTangent(
                    layer._shape, x, xTangent, cotangent!, cotangentTangent, Parameter(gradientTangent, 0), Parameter(gradientTangent, 1));
            if (xCotangentTangent is not null)
                Device.Convolution.BackwardDataTangent(
                    layer._shape, cotangent!, cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0),
                    xCotangentTangent);
        }
    }
}
