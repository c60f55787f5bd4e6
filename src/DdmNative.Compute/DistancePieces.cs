using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>
/// How the distances cut a parameter vector: into runs, one for each term of the sum, and the runs into pieces of bounded length, one for
/// each group of threads that sums. The tables are integers whose bits are stored as floats in a tensor of the device.
/// </summary>
public sealed class DistancePieces
{
    private readonly GradientDistanceKind _kind;
    private readonly ParameterBlock[] _blocks;

    internal DistancePieces(Device device, int longest, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks)
    {
        (_kind, _blocks) = (kind, [.. blocks]);
        (List<int> pieces, List<int> runs) = ([], []);
        foreach ((int start, int length, bool counts) in Terms())
        {
            int first = pieces.Count / 3;
            for (int at = 0; at < length; at += longest)
                pieces.AddRange([start + at, Math.Min(longest, length - at), counts ? runs.Count / 2 : -1]);
            if (counts)
                runs.AddRange([first, pieces.Count / 3 - first]);
        }
        (Count, RunCount) = (pieces.Count / 3, runs.Count / 2);
        Tables = device.Upload(TensorShape.Vector(1, pieces.Count + runs.Count),
            [.. pieces.Concat(runs).Select(BitConverter.Int32BitsToSingle)]);
    }

    /// <summary>The number of pieces of a member.</summary>
    public int Count { get; }

    /// <summary>The number of terms of the sum.</summary>
    public int RunCount { get; }

    /// <summary>
    /// [Count, 3]: first parameter, length, run, or −1 for parameters that do not count; then [RunCount, 2]: first piece, number of pieces.
    /// </summary>
    public Tensor Tables { get; }

    internal bool IsFor(GradientDistanceKind otherKind, IReadOnlyList<ParameterBlock> otherBlocks)
        => _kind == otherKind && _blocks.SequenceEqual(otherBlocks);

    private IEnumerable<(int Start, int Length, bool Counts)> Terms() => _kind switch
    {
        GradientDistanceKind.Relative => [(0, _blocks.Sum(block => block.Rows * block.RowLength), true)],
        GradientDistanceKind.RelativePerLayer => _blocks.Select(block => (block.Offset, block.Rows * block.RowLength, true)),
        GradientDistanceKind.RowCosine => _blocks.SelectMany(block => block.IsWeight
            ? Enumerable.Range(0, block.Rows).Select(row => (block.Offset + row * block.RowLength, block.RowLength, true))
            : [(block.Offset, block.Rows * block.RowLength, false)]),
        _ => throw new InvalidOperationException($"Distance {_kind} is unknown."),
    };
}
