using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// How a parameter vector is cut for the distances (kernels/GradientDistance.cu): into runs, one for each term of the sum, and those into pieces, one for each
/// warp. The tables are integers in a tensor of this device, made once for every network and kind.
/// </summary>
internal sealed class DistancePieces
{
    /// <summary>Parameters of a piece, at most.</summary>
    private const int Longest = 2048;

    private readonly GradientDistanceKind kind;
    private readonly ParameterBlock[] blocks;
    private readonly CudaTensor tables;

    public DistancePieces(CudaDevice device, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks)
    {
        (this.kind, this.blocks) = (kind, [.. blocks]);
        (List<int> pieces, List<int> runs) = Cut();
        (Count, RunCount) = (pieces.Count / 3, runs.Count / 2);
        tables = (CudaTensor)device.Upload(TensorShape.Vector(1, pieces.Count + runs.Count), [.. pieces.Concat(runs).Select(BitConverter.Int32BitsToSingle)]);
    }

    /// <summary>Pieces of a member.</summary>
    public int Count { get; }

    /// <summary>Terms of the sum.</summary>
    public int RunCount { get; }

    /// <summary>[Count, 3]: first parameter, length, run, or −1 where the parameters are left out.</summary>
    public ulong Pieces => tables.Address;

    /// <summary>[RunCount, 2]: first piece, number of pieces.</summary>
    public ulong Runs => tables.Address + 3 * sizeof(int) * (ulong)Count;

    public bool IsFor(GradientDistanceKind otherKind, IReadOnlyList<ParameterBlock> otherBlocks) => kind == otherKind && blocks.SequenceEqual(otherBlocks);

    private (List<int> Pieces, List<int> Runs) Cut()
    {
        (List<int> pieces, List<int> runs) = ([], []);
        foreach ((int start, int length, bool counts) in Terms())
        {
            int first = pieces.Count / 3;
            for (int at = 0; at < length; at += Longest)
                pieces.AddRange([start + at, Math.Min(Longest, length - at), counts ? runs.Count / 2 : -1]);
            if (counts)
                runs.AddRange([first, pieces.Count / 3 - first]);
        }
        return (pieces, runs);
    }

    private IEnumerable<(int Start, int Length, bool Counts)> Terms()
    {
        switch (kind)
        {
            case GradientDistanceKind.Relative:
                return [(0, blocks.Sum(block => block.Rows * block.RowLength), true)];
            case GradientDistanceKind.RelativePerLayer:
                return blocks.Select(block => (block.Offset, block.Rows * block.RowLength, true));
            case GradientDistanceKind.RowCosine:
                return blocks.SelectMany(block => block.IsWeight
                    ? Enumerable.Range(0, block.Rows).Select(row => (block.Offset + row * block.RowLength, block.RowLength, true))
                    : [(block.Offset, block.Rows * block.RowLength, false)]);
            default:
                throw new InvalidOperationException($"Distance {kind} is unknown.");
        }
    }
}
