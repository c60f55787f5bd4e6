using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches kernels/ChannelNorm.cu and kernels/GroupNorm.cu: a pass that sums each sample's channels, a small kernel for its groups, and a
/// pass that writes.
/// </summary>
internal sealed class CudaGroupNorm(CudaDevice device) : GroupNorm
{
    private const int Threads = 128;
    private const int Warp = 32;

    private readonly ChannelNormKernels _kernels = new(device);

    protected override void ForwardCore(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        NormImages images = Images(groups, y.Shape, x, statistics);
        using (Workspace moments = _kernels.ComputeMoments(images))
            Launch("group_norm_statistics", groups, y.Shape, new KernelArguments().Pointer(moments.Address).Result(statistics));
        _kernels.Forward(images, scale, shift, y);
    }

    protected override void ForwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        NormImages images = Images(groups, yTangent.Shape, x, statistics);
        using Workspace memory = MeansMemory(groups, images, 2, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, xTangent))
            TakeMeans(groups, images, means, new(sums.Address, 2, null));
        _kernels.ForwardTangent(images, xTangent, means, scale, scaleTangent, shiftTangent, yTangent);
    }

    protected override void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        NormImages images = Images(groups, xCotangent.Shape, x, statistics);
        using Workspace memory = MeansMemory(groups, images, 2, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, cotangent))
        {
            _kernels.AddParts(images, sums, 2, scaleCotangent, shiftCotangent);
            TakeMeans(groups, images, means, new(sums.Address, 2, scale));
        }
        _kernels.Backward(images, cotangent, means, scale, xCotangent);
    }

    protected override void BackwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        NormImages images = Images(groups, xCotangentTangent.Shape, x, statistics);
        using Workspace memory = MeansMemory(groups, images, 6, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, xTangent, cotangent))
        {
            ulong cotangentSums = sums.Address + 2 * sizeof(float) * (ulong)images.Shape.Channels;
            TakeMeans(groups, images, means, new(sums.Address, 4, null));
            TakeMeans(groups, images, means.From(2), new(cotangentSums, 4, scale));
            using Workspace tangentSums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, means);
            if (scaleCotangentTangent is not null)
                _kernels.AddParts(images, tangentSums, 2, scaleCotangentTangent, shiftCotangentTangent);
            TakeMeans(groups, images, means.From(4), new(tangentSums.Address, 2, scale), new(cotangentSums, 4, scaleTangent));
        }
        _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, means, scale, scaleTangent, xCotangentTangent);
    }

    private static NormImages Images(int groups, TensorShape shape, Tensor x, Tensor statistics)
        => new(shape, x, null, NormValues.Create(statistics, 0), NormValues.Create(statistics, groups), DeviationIsVariance: false,
            StatisticsSample: 2 * groups, Group: shape.Channels / groups, PartSamples: 1);

    private Workspace MeansMemory(int groups, in NormImages images, int values, out NormMeans means)
    {
        Workspace memory = device.Workspace((long)images.Shape.Members * images.Shape.Samples * values * groups);
        means = new NormMeans(memory.Address, (long)images.Shape.Samples * values * groups, values * groups, groups, AreWeighted: true);
        return memory;
    }

    /// <summary>Writes the means over each group of the weighted sums, and of others added to them, to the first two means.</summary>
    private void TakeMeans(int groups, in NormImages images, NormMeans means, WeightedSums sums, WeightedSums others = default)
        => Launch("group_norm_means", groups, images.Shape, others.AddTo(sums.AddTo(new KernelArguments(), images), images)
            .Pointer(means.Address).Int(means.SampleStride).Int(images.Shape.Samples));

    private void Launch(string kernel, int groups, TensorShape images, KernelArguments arguments)
    {
        int count = checked(images.Members * images.Samples * groups), blocks = (int)(((long)count * Warp + Threads - 1) / Threads);
        device.Launch(new(kernel, new Dim3(blocks), new Dim3(Threads)),
            arguments.Int(groups).Int(images.Height * images.Width).Int(images.Channels).Int(count));
    }

    /// <summary>Two sums of each sample's channels, [E, N, values, C], and the weights of the channels; none: one.</summary>
    private readonly record struct WeightedSums(ulong Address, int Values, Slice? Weight)
    {
        public KernelArguments AddTo(KernelArguments arguments, in NormImages images)
        {
            arguments = arguments.Pointer(Address).Int(Values * images.Shape.Channels);
            return Weight is Slice given ? arguments.Operand(given) : arguments.Pointer(0).Long(0);
        }
    }
}
