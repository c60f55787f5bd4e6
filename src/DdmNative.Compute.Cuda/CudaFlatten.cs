using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Flatten.cu, or copies where there is nothing to turn round.</summary>
internal sealed class CudaFlatten(CudaDevice device) : Flatten
{
    private const int Side = 32;
    private const int Threads = 256;

    protected override void ForwardCore(Tensor x, Tensor y) => Transpose(x, y, y.Shape.Members, x.Shape.Height * x.Shape.Width, x.Shape.Channels);

    protected override void BackwardCore(Tensor y, Tensor x) => Transpose(y, x, x.Shape.Members, x.Shape.Channels, x.Shape.Height * x.Shape.Width);

    /// <summary>[rows, columns] to [columns, rows] for every sample.</summary>
    private void Transpose(Tensor from, Tensor to, int members, int rows, int columns)
    {
        int samples = from.Shape.Samples;
        if (rows == 1 || columns == 1)
        {
            ElementwiseGrid grid = ElementwiseGrid.Of(members, from.Shape.MemberLength, from.IsSharedBy(members));
            device.Launch(grid.Launch("linear_combination_scale"),
                new KernelArguments().Float(1).Operand(from).Result(to).Long(grid.Length).Int(grid.BlocksPerMember));
            return;
        }
        int tiles = (rows + Side - 1) / Side * ((columns + Side - 1) / Side);
        device.Launch(new("flatten_transpose", new Dim3(checked(members * samples * tiles)), new Dim3(Threads)),
            new KernelArguments().Operand(from).Result(to).Int(samples).Int(rows).Int(columns));
    }
}
