using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/InstanceNorm.cu: one block per sample and few channels, in registers if the plane fits.</summary>
internal sealed class CudaInstanceNorm(CudaDevice device) : InstanceNorm
{
    // As in the kernels: rows that a thread keeps, and threads of a block.
    private const int ForwardRows = 16;
    private const int ForwardThreads = 512;
    private const int OtherRows = 4;
    private const int OtherThreads = 512;

    protected override void ForwardCore(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        ColumnTiling tiling = Tiling(y.Shape, ForwardRows, ForwardThreads);
        KernelArguments arguments = new KernelArguments().Operand(x).Operand(scale).Operand(shift).Result(y).Result(statistics);
        device.Launch(Launch("instance_norm_forward", tiling, y.Shape), Extents(arguments, tiling, y.Shape));
    }

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        ColumnTiling tiling = Tiling(yTangent.Shape, OtherRows, OtherThreads);
        KernelArguments arguments = new KernelArguments().Operand(x).Operand(xTangent).Operand(statistics)
            .Operand(scale).Operand(scaleTangent).Operand(shiftTangent).Result(yTangent);
        device.Launch(Launch("instance_norm_forward_tangent", tiling, yTangent.Shape), Extents(arguments, tiling, yTangent.Shape));
    }

    protected override void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent)
    {
        TensorShape shape = xCotangent.Shape;
        ColumnTiling tiling = Tiling(shape, OtherRows, OtherThreads);
        using Workspace? shares = Shares(shape);
        KernelArguments arguments = new KernelArguments().Operand(x).Operand(statistics).Operand(cotangent).Operand(scale)
            .Result(xCotangent);
        AddShares(arguments, shares, shape, scaleCotangent, shiftCotangent);
        device.Launch(Launch("instance_norm_backward", tiling, shape), Extents(arguments, tiling, shape));
        SumShares(shares, shape, scaleCotangent, shiftCotangent);
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        ColumnTiling tiling = Tiling(shape, OtherRows, OtherThreads);
        KernelArguments arguments = new KernelArguments().Operand(x).Operand(xTangent).Operand(statistics).Operand(cotangent)
            .Operand(cotangentTangent)
            .Operand(scale).Operand(scaleTangent).Result(xCotangentTangent);
        if (scaleCotangentTangent is Slice scaleResult && shiftCotangentTangent is Slice shiftResult)
        {
            using Workspace? shares = Shares(shape);
            AddShares(arguments, shares, shape, scaleResult, shiftResult);
            device.Launch(Launch("instance_norm_backward_tangent", tiling, shape), Extents(arguments, tiling, shape));
            SumShares(shares, shape, scaleResult, shiftResult);
        }
        else
        {
            arguments.Pointer(0).Long(0).Pointer(0).Long(0).Int(0);
            device.Launch(Launch("instance_norm_backward_tangent", tiling, shape), Extents(arguments, tiling, shape));
        }
    }

    private static ColumnTiling Tiling(TensorShape images, int keptRows, int mostThreads)
        => ColumnTiling.Choose(images.Height * images.Width, images.Channels, keptRows, mostThreads);

    private static KernelLaunch Launch(string kernel, ColumnTiling tiling, TensorShape images)
        => new($"{kernel}_{tiling.Accesses}{(tiling.Fits ? "" : "_streaming")}",
            new Dim3(checked(images.Members * images.Samples * tiling.Tiles)), new Dim3(tiling.Threads));

    private static KernelArguments Extents(KernelArguments arguments, ColumnTiling tiling, TensorShape images)
        => arguments.Int(images.Samples).Int(images.Height * images.Width).Int(images.Channels).Int(tiling.Lanes);

    /// <summary>
    /// Scratch memory for each sample's part of the parameter cotangents [E, N, 2C]; none for one sample, whose part is the result.
    /// </summary>
    private Workspace? Shares(TensorShape images)
        => images.Samples == 1 ? null : device.Workspace(2L * images.Members * images.Samples * images.Channels);

    private static void AddShares(KernelArguments arguments, Workspace? shares, TensorShape images, Slice scale, Slice shift)
    {
        int channels = images.Channels;
        long member = 2L * images.Samples * channels;
        if (shares is null)
            arguments.Operand(scale).Operand(shift).Int(0);
        else
            arguments.Pointer(shares.Address).Long(member).Pointer(shares.Address + sizeof(float) * (ulong)channels).Long(member)
                .Int(2 * channels);
    }

    private void SumShares(Workspace? shares, TensorShape images, Slice scale, Slice shift)
    {
        if (shares is null)
            return;
        ColumnTiling tiling = ColumnTiling.Streaming(images.Samples, 2 * images.Channels, width: 1);
        KernelArguments arguments = new KernelArguments().Pointer(shares.Address).Operand(scale).Operand(shift)
            .Int(images.Samples).Int(images.Channels).Int(tiling.Lanes);
        device.Launch(new("instance_norm_sum_parameters", new Dim3(checked(images.Members * tiling.Tiles)), new Dim3(tiling.Threads)),
            arguments);
    }
}
