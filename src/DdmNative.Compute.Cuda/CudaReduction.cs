using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Reduction.cu. How a sum is computed depends only on the member's shape.</summary>
internal sealed class CudaReduction(CudaDevice device) : Reduction
{
    private const int Threads = 256;
    private const int Warp = 32;

    // As in the kernel: terms of a dot product to a block.
    private const int Piece = 16384;

    // With fewer samples, or with more columns, one thread sums a whole column: there is nothing to share, or there are enough threads.
    private const int FewSamples = 8;
    private const int ManyColumns = 1 << 15;

    protected override void SumSamplesCore(Tensor x, Tensor y)
    {
        (int samples, int length, int members) = (x.Shape.Samples, y.Shape.SampleLength, y.Shape.Members);
        int width = length % 4 == 0 ? 4 : 1;
        KernelArguments arguments = new KernelArguments().Operand(x).Result(y).Int(samples).Int(length);
        if (samples <= FewSamples || length >= ManyColumns)
        {
            var grid = new ElementwiseGrid(members, length, width);
            device.Launch(grid.Launch("reduction_sum_samples_long"), arguments.Int(grid.BlocksPerMember));
            return;
        }
        ColumnTiling tiling = ColumnTiling.Streaming(samples, length, width);
        device.Launch(new($"reduction_sum_samples_{tiling.Accesses}", new Dim3(checked(members * tiling.Tiles)), new Dim3(tiling.Threads)),
            arguments.Int(tiling.Lanes));
    }

    protected override void DotCore(Tensor a, Tensor b, Tensor y)
    {
        (int members, long length) = (y.Shape.Members, a.Shape.MemberLength);
        int pieces = checked((int)((length + Piece - 1) / Piece));
        KernelArguments arguments = new KernelArguments().Operand(a).Operand(b);
        KernelLaunch launch = new("reduction_dot", new Dim3(checked(members * pieces)), new Dim3(Threads));
        if (pieces == 1)
        {
            device.Launch(launch, arguments.Result(y).Long(length).Int(pieces));
            return;
        }
        using Workspace partials = device.Workspace((long)members * pieces);
        device.Launch(launch, arguments.Pointer(partials.Address).Long(length).Int(pieces));
        device.Launch(new("reduction_dot_pieces", new Dim3(members), new Dim3(Warp)),
            new KernelArguments().Pointer(partials.Address).Result(y).Int(pieces));
    }
}
