using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The pass of a layer without parameters that is linear wherever its input chooses the same elements (a ReLU's mask, the positions of
/// maxima): the tangents use the same choice, so that the cotangents' map also serves their tangents.
/// </summary>
internal abstract class PiecewiseLinearPass(Layer layer, Device device, int parameterOffset)
    : SingleInputPass(layer, device, parameterOffset)
{
    protected sealed override void Forward(Tensor parameters, Tensor x, Tensor y) => Map(x, y);

    protected sealed override void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor yTangent)
        => MapTangent(x, xTangent!, yTangent);

    protected sealed override void Backward(Tensor parameters, Tensor x, Tensor cotangent, Tensor? gradient, Tensor? xCotangent,
        SampleProducts? products)
    {
        if (xCotangent is not null)
            MapBack(x, cotangent, xCotangent);
    }

    protected sealed override void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor x, Tensor? xTangent, Tensor? cotangent, Tensor cotangentTangent,
        Tensor? gradientTangent, Tensor? xCotangentTangent)
    {
        if (xCotangentTangent is not null)
            MapBack(x, cotangentTangent, xCotangentTangent);
    }

    /// <summary>y from x.</summary>
    protected abstract void Map(Tensor x, Tensor y);

    /// <summary>ẏ from ẋ.</summary>
    protected abstract void MapTangent(Tensor x, Tensor xTangent, Tensor yTangent);

    /// <summary>The adjoint: δx from δ.</summary>
    protected abstract void MapBack(Tensor x, Tensor cotangent, Tensor xCotangent);
}
