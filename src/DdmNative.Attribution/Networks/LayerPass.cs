using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// A layer's kernel calls on one device for E members × N samples, with the buffers that it needs between forward and backward besides its
/// input and output (which <see cref="NetworkPass"/> owns).
/// </summary>
/// <remarks>
/// x and y are the layer's input and output, a tangent of null is zero, a result of null is not needed. Results are assigned.
/// </remarks>
internal abstract class LayerPass : IDisposable
{
    private readonly Layer _layer;
    private readonly int _parameterOffset;

    protected LayerPass(Layer layer, Device device, int parameterOffset)
    {
        this._layer = layer;
        this._parameterOffset = parameterOffset;
        Device = device;
    }

    protected Device Device { get; }

    public abstract void Forward(Tensor parameters, Tensor x, Tensor y);

    /// <summary>Called only if x has a tangent or the layer has parameters.</summary>
    public abstract void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent);

    /// <param name="parameters">θ.</param>
    /// <param name="x">The layer's input.</param>
    /// <param name="cotangent">The cotangent of its output.</param>
    /// <param name="gradient">Receives the layer's part of ∂/∂θ.</param>
    /// <param name="xCotangent">Receives the cotangent of the input.</param>
    /// <param name="products">Further results of the gradient's kernel.</param>
    public abstract void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
        SampleProducts? products);

    public abstract void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor? xCotangentTangent);

    public virtual void Dispose()
    {
    }

    /// <summary>The layer's i-th parameter tensor inside a vector shaped like the network's parameters.</summary>
    protected Slice Parameter(Tensor vector, int index)
    {
        ParameterTensor parameter = _layer.Parameters[index];
        return new Slice(vector, _parameterOffset + parameter.Offset, parameter.Length);
    }
}
