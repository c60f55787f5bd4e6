using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Flatten.cu, or copies if there is nothing to transpose.</summary>
internal sealed class CudaFlatten(CudaDevice device) : Flatten
{
    private const int Side = 32;

    // As in the kernel: the floats of a tile, and the longest side that a tile covers entirely.
    private const int TileFloats = 2112;
    private const int LongestWhole = 64;
    private const int Threads = 256;

    protected override void ForwardCore(Tensor x, Tensor y)
        => Transpose(x, y, y.Shape.Members, x.Shape.Height * x.Shape.Width, x.Shape.Channels);

    protected override void BackwardCore(Tensor y, Tensor x)
        => Transpose(y, x, x.Shape.Members, x.Shape.Channels, x.Shape.Height * x.Shape.Width);

    /// <summary>[rows, columns] to [columns, rows] for every sample.</summary>
    private void Transpose(Tensor from, Tensor to, int members, int rows, int columns)
    {
        int samples = from.Shape.Samples;
        if (rows == 1 || columns == 1)
        {
            ElementwiseGrid grid = ElementwiseGrid.Create(members, from.Shape.MemberLength, from.IsSharedBy(members));
            device.Launch(grid.Launch("linear_combination_scale"),
                new KernelArguments().Float(1).Operand(from).Result(to).Long(grid.Length).Int(grid.BlocksPerMember));
            return;
        }
        (int tileRows, int tileColumns) = TileOf(rows, columns);
        int tiles = (rows + tileRows - 1) / tileRows * ((columns + tileColumns - 1) / tileColumns);
        device.Launch(new("flatten_transpose", new Dim3(checked(members * samples * tiles)), new Dim3(Threads)),
            new KernelArguments().Operand(from).Result(to).Int(samples).Int(rows).Int(columns).Int(tileRows).Int(tileColumns));
    }

    /// <summary>
    /// The whole shorter side if it is short, with as many multiples of 32 of the longer side as fit; otherwise a square.
    /// </summary>
    private static (int Rows, int Columns) TileOf(int rows, int columns)
    {
        int shorter = Math.Min(rows, columns);
        if (shorter > LongestWhole)
            return (Side, Side);
        int longer = Math.Min(Math.Max(rows, columns), TileFloats / (shorter | 1) / Side * Side);
        return rows < columns ? (rows, longer) : (longer, columns);
    }
}
