using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The pass of a layer without parameters that is linear in its input: the tangents are the same map, and the cotangents its adjoint.
/// </summary>
internal abstract class LinearMapPass(Layer layer, Device device, int parameterOffset) : SingleInputPass(layer, device, parameterOffset)
{
    protected sealed override void Forward(Tensor parameters, Tensor x, Tensor y) => Map(x, y);

    protected sealed override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
        => Map(xTangent!, yTangent);

    protected sealed override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
        SampleProducts? products)
    {
        if (xCotangent is not null)
            MapBack(cotangent, xCotangent);
    }

    protected sealed override void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor? xCotangentTangent)
    {
        if (xCotangentTangent is not null)
            MapBack(cotangentTangent, xCotangentTangent);
    }

    /// <summary>y from x.</summary>
    protected abstract void Map(Tensor x, Tensor y);

    /// <summary>The adjoint: δx from δ.</summary>
    protected abstract void MapBack(Tensor cotangent, Tensor xCotangent);
}
