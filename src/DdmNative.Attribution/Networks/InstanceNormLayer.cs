using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// Instance normalisation over H·W per sample and channel; parameters <c>NAME.weight</c> [C] (the scale γ, from one) and
/// <c>NAME.bias</c> [C] (the shift β, from zero). Never a network's first layer, so its input always has a cotangent and a tangent.
/// </summary>
public sealed class InstanceNormLayer : Layer
{
    internal InstanceNormLayer(string name, ImageShape input)
        : base(
            input,
            input,
            new ParameterTensor($"{name}.weight", [input.Channels], 0) { Initial = InitialRange.One },
            new ParameterTensor($"{name}.bias", [input.Channels], 0) { Initial = InitialRange.Zero })
    {
    }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset, members, samples);

    private sealed class Pass : SingleInputPass
    {
        private readonly Tensor _statistics;
        private readonly TensorShape _unwantedShape;
        private Tensor? _unwanted;

        public Pass(InstanceNormLayer layer, Device device, int parameterOffset, int members, int samples)
            : base(layer, device, parameterOffset)
        {
            _statistics = device.AllocateTransient(InstanceNorm.StatisticsShape(layer.Output.For(members, samples)));
            _unwantedShape = TensorShape.Vector(members, layer.ParameterCount);
        }

        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.InstanceNorm.Forward(x, Parameter(parameters, 0), Parameter(parameters, 1), y, _statistics);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.InstanceNorm.ForwardTangent(
                x, xTangent!, _statistics, Parameter(parameters, 0), Parameter(parametersTangent, 0), Parameter(parametersTangent, 1),
                yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            (Slice scaleCotangent, Slice shiftCotangent) = gradient is null ? Unwanted() : (Parameter(gradient, 0), Parameter(gradient, 1));
            if (products is SampleProducts wanted)
                Device.InstanceNorm.Backward(x, _statistics, cotangent, Parameter(parameters, 0), xCotangent!, scaleCotangent,
                    shiftCotangent, wanted);
            else
                Device.InstanceNorm.Backward(x, _statistics, cotangent, Parameter(parameters, 0), xCotangent!, scaleCotangent,
                    shiftCotangent);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
            => Device.InstanceNorm.BackwardTangent(
                x, xTangent!, _statistics, cotangent!, cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0),
                xCotangentTangent!,
                gradientTangent is null ? null : Parameter(gradientTangent, 0), gradientTangent is null
                ? null : Parameter(gradientTangent, 1));

        public override void Dispose()
        {
            _statistics.Dispose();
            _unwanted?.Dispose();
            base.Dispose();
        }

        /// <summary>The kernel always sums the parameters' cotangents; if they are not requested, they go here.</summary>
        private (Slice Scale, Slice Shift) Unwanted()
        {
            _unwanted ??= Device.AllocateTransient(_unwantedShape);
            int channels = _unwantedShape.Channels / 2;
            return (new Slice(_unwanted, 0, channels), new Slice(_unwanted, channels, channels));
        }
    }
}
