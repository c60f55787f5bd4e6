using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device multiplies for its own members.</summary>
internal sealed class SplitMatrixProduct(SplitDevice split) : MatrixProduct
{
    protected override void ForwardCore(Tensor x, Slice weight, Slice? bias, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.MatrixProduct.Forward(x.On(i), weight.On(i), bias?.On(i), y.On(i)));

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent,
        Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.MatrixProduct.ForwardTangent(
            x.On(i), xTangent?.On(i), weight.On(i), weightTangent.On(i), biasTangent?.On(i), yTangent.On(i)));

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => split.ForEachDevice(xCotangent,
            (device, i) => device.MatrixProduct.BackwardData(cotangent.On(i), weight.On(i), xCotangent.On(i)));

    protected override void BackwardDataTangentCore(Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent,
        Tensor xCotangentTangent)
        => split.ForEachDevice(xCotangentTangent, (device, i) => device.MatrixProduct.BackwardDataTangent(
            cotangent.On(i), cotangentTangent.On(i), weight.On(i), weightTangent.On(i), xCotangentTangent.On(i)));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
        => split.ForEachDevice(weightCotangent.Vector, (device, i) => device.MatrixProduct.BackwardWeight(
            x.On(i), cotangent.On(i), weightCotangent.On(i), biasCotangent?.On(i)));

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent)
        => split.ForEachDevice(weightCotangentTangent.Vector, (device, i) => device.MatrixProduct.BackwardWeightTangent(
            x.On(i), xTangent?.On(i), cotangent.On(i), cotangentTangent.On(i), weightCotangentTangent.On(i), biasCotangentTangent?.On(i)));
}
