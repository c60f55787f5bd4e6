using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>The pass of a layer with one input.</summary>
internal abstract class SingleInputPass(Layer layer, Device device, int parameterOffset) : LayerPass(layer, device, parameterOffset)
{
    public sealed override void Forward(Tensor parameters, Tensor[] x, Tensor y) => Forward(parameters, x[0], y);

    public sealed override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent,
        Tensor yTangent)
        => ForwardTangent(parameters, parametersTangent, x[0], xTangent[0], yTangent);

    public sealed override void Backward(Tensor parameters, Tensor[] x, Tensor cotangent, Tensor? gradient, Tensor?[] xCotangent,
        SampleProducts? products)
        => Backward(parameters, x[0], cotangent, gradient, xCotangent[0], products);

    public sealed override void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent, Tensor? cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor?[] xCotangentTangent)
        => BackwardTangent(parameters, parametersTangent, x[0], xTangent[0], cotangent, cotangentTangent, gradientTangent,
            xCotangentTangent[0]);

    protected abstract void Forward(Tensor parameters, Tensor x, Tensor y);

    /// <inheritdoc cref="LayerPass.ForwardTangent"/>
    protected abstract void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent);

    /// <inheritdoc cref="LayerPass.Backward"/>
    protected abstract void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
        SampleProducts? products);

    protected abstract void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor? xCotangentTangent);
}
