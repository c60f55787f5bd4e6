using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>A batch norm with constant statistics: the passes of <see cref="ChannelNormKernels"/>, whose means are all zero.</summary>
internal sealed class IlgpuFrozenBatchNorm(IlgpuDevice device) : FrozenBatchNorm
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
        using (Tensor sums = _kernels.ComputeSums(images, cotangent))
            _kernels.AddSamples(images, sums, scaleCotangent, shiftCotangent);
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
            using Tensor sums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, default);
            _kernels.AddSamples(images, sums, scaleCotangentTangent, shiftCotangentTangent);
        }
        if (xCotangentTangent is not null)
            _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, default, scale, scaleTangent, xCotangentTangent);
    }

    private static NormImages Images(TensorShape shape, Tensor x, Slice mean, Slice variance)
        => new(shape, x, null, mean, variance, DeviationIsVariance: true, StatisticsSample: 0, Group: 1);
}
