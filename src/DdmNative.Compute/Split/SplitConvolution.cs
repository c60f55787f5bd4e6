using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device convolves its own members.</summary>
internal sealed class SplitConvolution(SplitDevice split) : Convolution
{
    protected override void ForwardCore(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.Convolution.Forward(shape, x.On(i), filter.On(i), bias?.On(i), y.On(i)));

    protected override void ForwardTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent, Slice? biasTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.Convolution.ForwardTangent(
            shape, x.On(i), xTangent?.On(i), filter.On(i), filterTangent.On(i), biasTangent?.On(i), yTangent.On(i)));

    protected override void BackwardDataCore(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent)
        => split.ForEachDevice(xCotangent,
            (device, i) => device.Convolution.BackwardData(shape, cotangent.On(i), filter.On(i), xCotangent.On(i)));

    protected override void BackwardDataTangentCore(
        ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent, Tensor xCotangentTangent)
        => split.ForEachDevice(xCotangentTangent, (device, i) => device.Convolution.BackwardDataTangent(
            shape, cotangent.On(i), cotangentTangent.On(i), filter.On(i), filterTangent.On(i), xCotangentTangent.On(i)));

    protected override void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent)
        => split.ForEachDevice(filterCotangent.Vector, (device, i) => device.Convolution.BackwardFilter(
            shape, x.On(i), cotangent.On(i), filterCotangent.On(i), biasCotangent?.On(i)));

    protected override void BackwardFilterTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent)
        => split.ForEachDevice(filterCotangentTangent.Vector, (device, i) => device.Convolution.BackwardFilterTangent(
            shape, x.On(i), xTangent?.On(i), cotangent.On(i), cotangentTangent.On(i), filterCotangentTangent.On(i),
            biasCotangentTangent?.On(i)));
}
