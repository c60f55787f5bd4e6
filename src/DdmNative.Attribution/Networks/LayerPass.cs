using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// A layer's kernel calls on one device for E members × N samples, with the buffers that it needs between forward and backward besides its
/// inputs and output (which <see cref="NetworkPass"/> owns).
/// </summary>
/// <remarks>
/// x and y are the layer's inputs and output, a tangent of null is zero, a result of null is not needed. Results are assigned. Most layers
/// have one input: see <see cref="SingleInputPass"/>.
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

    public abstract void Forward(Tensor parameters, Tensor[] x, Tensor y);

    /// <summary>Called only if an input has a tangent or the layer has parameters.</summary>
    public abstract void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent, Tensor yTangent);

    /// <param name="parameters">θ.</param>
    /// <param name="x">The layer's inputs.</param>
    /// <param name="cotangent">The cotangent of its output.</param>
    /// <param name="gradient">Receives the layer's part of ∂/∂θ.</param>
    /// <param name="xCotangent">Receive the cotangents of the inputs.</param>
    /// <param name="products">Further results of the gradient's kernel.</param>
    public abstract void Backward(Tensor parameters, Tensor[] x, Tensor cotangent, Tensor? gradient, Tensor?[] xCotangent,
        SampleProducts? products);

    /// <summary>
    /// The tangent of <see cref="Backward"/>. <paramref name="cotangent"/> is null for a layer below all parameters if Backward did not
    /// compute the cotangent of the images; unless the images move, its tangent does not depend on it.
    /// </summary>
    public abstract void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor[] x, Tensor?[] xTangent, Tensor? cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor?[] xCotangentTangent);

    /// <summary>Moves running statistics in the parameters towards those of the batch; after <see cref="Forward"/>.</summary>
    public virtual void UpdateRunningStatistics(Tensor parameters)
    {
    }

    public virtual void Dispose()
    {
    }

    /// <summary>The layer's i-th parameter tensor inside a vector shaped like the network's parameters.</summary>
    protected Slice Parameter(Tensor vector, int index)
    {
        ParameterTensor parameter = _layer.Parameters[index];
        return new Slice(vector, _parameterOffset + parameter.Offset, parameter.Length);
    }

    /// <summary>The same; null if the layer has no such parameter tensor, as a layer without bias.</summary>
    protected Slice? OptionalParameter(Tensor vector, int index)
        => index < _layer.Parameters.Count ? Parameter(vector, index) : null;
}
