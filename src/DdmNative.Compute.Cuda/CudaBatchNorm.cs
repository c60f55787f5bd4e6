using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches kernels/ChannelNorm.cu and kernels/BatchNorm.cu: a pass that sums parts of the batch, a small kernel that adds the parts, and
/// a pass that writes.
/// </summary>
internal sealed class CudaBatchNorm(CudaDevice device) : BatchNorm
{
    private const int Threads = 256;

    // As in kernels/BatchNorm.cu: channels of a block that merges moments.
    private const int Columns = 32;

    private readonly ChannelNormKernels _kernels = new(device);

    protected override void ForwardCore(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        NormImages images = Images(y.Shape, x, presence, statistics);
        TensorShape shape = y.Shape;
        using (Workspace moments = _kernels.ComputeMoments(images))
        {
            KernelArguments arguments = new KernelArguments().Pointer(moments.Address);
            arguments = (presence is null ? arguments.Pointer(0).Long(0) : arguments.Operand(presence)).Result(statistics)
                .Int(shape.Samples).Int(images.PartSamples).Int(shape.Height * shape.Width).Int(shape.Channels);
            device.Launch(
                new("batch_norm_statistics", new Dim3(checked(shape.Members * ((shape.Channels + Columns - 1) / Columns))),
                    new Dim3(Threads)), arguments);
        }
        _kernels.Forward(images, scale, shift, y);
    }

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
    {
        NormImages images = Images(yTangent.Shape, x, presence, statistics);
        using Workspace memory = MeansMemory(images, 2, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, xTangent))
            _kernels.AddParts(images, sums, 2, null, null, means);
        _kernels.ForwardTangent(images, xTangent, means, scale, scaleTangent, shiftTangent, yTangent);
    }

    protected override void BackwardCore(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        NormImages images = Images(xCotangent.Shape, x, presence, statistics);
        using Workspace memory = MeansMemory(images, 2, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, cotangent))
            _kernels.AddParts(images, sums, 2, scaleCotangent, shiftCotangent, means);
        _kernels.Backward(images, cotangent, means, scale, xCotangent);
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        NormImages images = Images(xCotangentTangent.Shape, x, presence, statistics);
        using Workspace memory = MeansMemory(images, 6, out NormMeans means);
        using (Workspace sums = _kernels.ComputeSums(images, xTangent, cotangent))
            _kernels.AddParts(images, sums, 4, null, null, means);
        using (Workspace sums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, means))
            _kernels.AddParts(images, sums, 2, scaleCotangentTangent, shiftCotangentTangent, means.From(4));
        _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, means, scale, scaleTangent, xCotangentTangent);
    }

    protected override void UpdateRunningCore(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance)
    {
        (int members, int channels) = (runningMean.Vector.Shape.Members, runningMean.Length);
        int blocks = (channels + Threads - 1) / Threads;
        device.Launch(new("batch_norm_update_running", new Dim3(checked(members * blocks)), new Dim3(Threads)),
            new KernelArguments().Operand(statistics).Float(momentum).Operand(runningMean).Operand(runningVariance).Int(channels)
                .Int(blocks));
    }

    private static NormImages Images(TensorShape shape, Tensor x, Tensor? presence, Tensor statistics)
        => new(shape, x, presence, NormValues.Create(statistics, 0), NormValues.Create(statistics, shape.Channels),
            DeviationIsVariance: false, StatisticsSample: 0, Group: 1, ChannelNormKernels.PartSamples(shape));

    private Workspace MeansMemory(in NormImages images, int values, out NormMeans means)
    {
        int channels = images.Shape.Channels;
        Workspace memory = device.Workspace((long)images.Shape.Members * values * channels);
        means = new NormMeans(memory.Address, (long)values * channels, 0, channels, AreWeighted: false);
        return memory;
    }
}
