using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>The sum of two tensors: where a residual block's two paths meet (He et al. 2016).</summary>
public sealed class AdditionLayer : Layer
{
    internal AdditionLayer(ImageShape input)
        : base(input, input)
    {
    }

    public override bool CanStartNetwork => false;

    internal override bool PassesCotangent => true;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    /// <summary>It is linear, so the tangents use the same kernel call; its cotangents need none.</summary>
    private sealed class Pass(AdditionLayer layer, Device device, int parameterOffset) : LayerPass(layer, device, parameterOffset)
    {
        public override void Forward(Tensor parameters, Tensor[] x, Tensor y) => Device.LinearCombination.Combine(1, x[0], 1, x[1], y);

        public override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent, Tensor yTangent)
        {
            if (xTangent[0] is Tensor first && xTangent[1] is Tensor second)
                Device.LinearCombination.Combine(1, first, 1, second, yTangent);
            else
                Device.LinearCombination.Copy((xTangent[0] ?? xTangent[1])!, yTangent);
        }

        public override void Backward(Tensor parameters, Tensor[] x, Tensor cotangent, Tensor? gradient, Tensor?[] xCotangent,
            SampleProducts? products)
            => throw new InvalidOperationException("A sum passes its cotangent on.");

        public override void BackwardTangent(
            Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent, Tensor? cotangent, Tensor cotangentTangent,
            Tensor? gradientTangent, Tensor?[] xCotangentTangent)
            => throw new InvalidOperationException("A sum passes its cotangent on.");
    }
}
