using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches kernels/ChannelNorm.cu with constant statistics, whose means are all zero, and kernels/BatchNorm.cu for the sums over samples.
/// </summary>
internal sealed class CudaFrozenBatchNorm(CudaDevice device) : FrozenBatchNorm
{
    private readonly ChannelNormKernels _kernels = new(device);

    protected override void ForwardCore(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y)
        => _kernels.Forward(Images(y.Shape, x, mean, variance), scale, shift, y);

    protected override void ForwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => _kernels.ForwardTangent(
            Images(yTangent.Shape, x, mean, variance), xTangent, default, scale, scaleTangent, shiftTangent, yTangent);

    protected override void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        NormImages images = Images(x.Shape.WithMembers(scaleCotangent.Vector.Shape.Members), x, mean, variance);
        using (Workspace sums = _kernels.ComputeSums(images, cotangent))
            _kernels.AddParts(images, sums, 2, scaleCotangent, shiftCotangent);
        if (xCotangent is not null)
            _kernels.Backward(images, cotangent, default, scale, xCotangent);
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor? xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent?.Shape ?? x.Shape.WithMembers(scaleCotangentTangent!.Value.Vector.Shape.Members);
        NormImages images = Images(shape, x, mean, variance);
        if (scaleCotangentTangent is not null)
        {
            using Workspace sums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, default);
            _kernels.AddParts(images, sums, 2, scaleCotangentTangent, shiftCotangentTangent);
        }
        if (xCotangentTangent is not null)
            _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, default, scale, scaleTangent, xCotangentTangent);
    }

    private static NormImages Images(TensorShape shape, Tensor x, Slice mean, Slice variance)
        => new(shape, x, null, NormValues.Create(mean), NormValues.Create(variance), DeviationIsVariance: true, StatisticsSample: 0,
            Group: 1, ChannelNormKernels.PartSamples(shape));
}
