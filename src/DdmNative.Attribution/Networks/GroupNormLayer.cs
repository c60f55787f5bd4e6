using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// Group normalisation over C/G channels and H·W per sample (Wu and He 2018); parameters <c>NAME.weight</c> [C] (the scale γ, from one) and
/// <c>NAME.bias</c> [C] (the shift β, from zero).
/// </summary>
public sealed class GroupNormLayer : Layer
{
    internal GroupNormLayer(string name, ImageShape input, int groups)
        : base(
            input,
            input,
            new ParameterTensor($"{name}.weight", [input.Channels], 0) { Initial = InitialRange.One },
            new ParameterTensor($"{name}.bias", [input.Channels], 0) { Initial = InitialRange.Zero })
        => Groups = groups;

    /// <summary>G.</summary>
    public int Groups { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset, members, samples);

    private sealed class Pass(GroupNormLayer layer, Device device, int parameterOffset, int members, int samples)
        : NormPass(layer, device, parameterOffset, members)
    {
        private readonly Tensor _statistics
            = device.AllocateTransient(GroupNorm.StatisticsShape(layer.Groups, layer.Output.For(members, samples)));

        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.GroupNorm.Forward(layer.Groups, x, Parameter(parameters, 0), Parameter(parameters, 1), y, _statistics);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.GroupNorm.ForwardTangent(
                layer.Groups, x, xTangent!, _statistics, Parameter(parameters, 0), Parameter(parametersTangent, 0),
                Parameter(parametersTangent, 1), yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            (Slice scale, Slice shift) = Cotangents(gradient);
            if (products is SampleProducts wanted)
                Device.GroupNorm.Backward(layer.Groups, x, _statistics, cotangent, Parameter(parameters, 0), xCotangent!, scale, shift,
                    wanted);
            else
                Device.GroupNorm.Backward(layer.Groups, x, _statistics, cotangent, Parameter(parameters, 0), xCotangent!, scale, shift);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            (Slice? scale, Slice? shift) = CotangentTangents(gradientTangent);
            Device.GroupNorm.BackwardTangent(
                layer.Groups, x, xTangent!, _statistics, cotangent!, cotangentTangent, Parameter(parameters, 0),
                Parameter(parametersTangent, 0), xCotangentTangent!, scale, shift);
        }

        public override void Dispose()
        {
            _statistics.Dispose();
            base.Dispose();
        }
    }
}
