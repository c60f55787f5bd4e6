using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy 2015); parameters <c>NAME.weight</c> [C] (the scale γ, from one), <c>NAME.bias</c> [C] (the shift
/// β, from zero), and the running statistics <c>NAME.running_mean</c> [C] and <c>NAME.running_var</c> [C], which are not trained.
/// </summary>
/// <remarks>
/// In the training form, the statistics are those of the batch over N·H·W, without samples of weight zero, and <see
/// cref="NetworkPass.UpdateRunningStatistics"/> moves the running ones. In the evaluation form the running statistics are constants: the
/// layer is affine and per sample.
/// </remarks>
public sealed class BatchNormLayer : Layer
{
    /// <summary>The share of a batch's statistics in the new running ones, as in PyTorch.</summary>
    public const float Momentum = 0.1f;

    internal BatchNormLayer(string name, ImageShape input)
        : base(
            input,
            input,
            new ParameterTensor($"{name}.weight", [input.Channels], 0) { Initial = InitialRange.One },
            new ParameterTensor($"{name}.bias", [input.Channels], 0) { Initial = InitialRange.Zero },
            new ParameterTensor($"{name}.running_mean", [input.Channels], 0) { Initial = InitialRange.Zero, IsTrained = false },
            new ParameterTensor($"{name}.running_var", [input.Channels], 0) { Initial = InitialRange.One, IsTrained = false })
    {
    }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => training is null
            ? new EvaluationPass(this, device, parameterOffset, members)
            : new TrainingPass(this, device, parameterOffset, members, samples, training.Weights);

    private sealed class EvaluationPass(BatchNormLayer layer, Device device, int parameterOffset, int members)
        : NormPass(layer, device, parameterOffset, members)
    {
        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.FrozenBatchNorm.Forward(x, Parameter(parameters, 2), Parameter(parameters, 3), Parameter(parameters, 0),
                Parameter(parameters, 1), y);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.FrozenBatchNorm.ForwardTangent(x, xTangent, Parameter(parameters, 2), Parameter(parameters, 3),
                Parameter(parameters, 0), Parameter(parametersTangent, 0), Parameter(parametersTangent, 1), yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            (Slice scale, Slice shift) = Cotangents(gradient);
            if (products is SampleProducts wanted)
                Device.FrozenBatchNorm.Backward(x, Parameter(parameters, 2), Parameter(parameters, 3), cotangent, Parameter(parameters, 0),
                    xCotangent, scale, shift, wanted);
            else
                Device.FrozenBatchNorm.Backward(x, Parameter(parameters, 2), Parameter(parameters, 3), cotangent, Parameter(parameters, 0),
                    xCotangent, scale, shift);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            (Slice? scale, Slice? shift) = CotangentTangents(gradientTangent);
            Device.FrozenBatchNorm.BackwardTangent(x, xTangent, Parameter(parameters, 2), Parameter(parameters, 3), cotangent!,
                cotangentTangent, Parameter(parameters, 0), Parameter(parametersTangent, 0), xCotangentTangent, scale, shift);
        }
    }

    private sealed class TrainingPass(
        BatchNormLayer layer, Device device, int parameterOffset, int members, int samples, Tensor weights)
        : NormPass(layer, device, parameterOffset, members)
    {
        private readonly Tensor _statistics = device.AllocateTransient(BatchNorm.StatisticsShape(layer.Output.For(members, samples)));

        protected override void Forward(Tensor parameters, Tensor x, Tensor y)
            => Device.BatchNorm.Forward(x, weights, Parameter(parameters, 0), Parameter(parameters, 1), y, _statistics);

        protected override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
            => Device.BatchNorm.ForwardTangent(x, xTangent!, weights, _statistics, Parameter(parameters, 0),
                Parameter(parametersTangent, 0), Parameter(parametersTangent, 1), yTangent);

        protected override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
            SampleProducts? products)
        {
            if (products is not null)
                throw new InvalidOperationException(
                    "A sample has no gradient of its own where a batch norm uses the batch's statistics; use the evaluation form.");
            (Slice scale, Slice shift) = Cotangents(gradient);
            Device.BatchNorm.Backward(x, weights, _statistics, cotangent, Parameter(parameters, 0), xCotangent!, scale, shift);
        }

        protected override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor? xCotangentTangent)
        {
            (Slice? scale, Slice? shift) = CotangentTangents(gradientTangent);
            Device.BatchNorm.BackwardTangent(x, xTangent!, weights, _statistics, cotangent!, cotangentTangent, Parameter(parameters, 0),
                Parameter(parametersTangent, 0), xCotangentTangent!, scale, shift);
        }

        public override void UpdateRunningStatistics(Tensor parameters)
            => Device.BatchNorm.UpdateRunning(_statistics, Momentum, Parameter(parameters, 2), Parameter(parameters, 3));

        public override void Dispose()
        {
            _statistics.Dispose();
            base.Dispose();
        }
    }
}
