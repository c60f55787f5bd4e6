using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>
/// How the distances cut a parameter vector: into runs, one for each term of the sum, and the runs into pieces of bounded length, one for
/// each group of threads that sums. Parameters in no block are pieces that do not count. The tables are integers whose bits are stored
/// as floats in a tensor of the device.
/// </summary>
public sealed class DistancePieces
{
    private readonly GradientDistanceKind _kind;
    private readonly ParameterBlock[] _blocks;
    private readonly int _length;

    internal DistancePieces(Device device, int longest, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, int length)
    {
        (_kind, _blocks, _length) = (kind, [.. blocks], length);
        (List<int> pieces, List<int> runs) = ([], []);
        foreach ((IEnumerable<ParameterRange> ranges, bool counts) in Terms())
        {
            int first = pieces.Count / 3;
            foreach (ParameterRange range in ranges)
                for (int start = range.Offset; start < range.End; start += longest)
                    pieces.AddRange([start, Math.Min(longest, range.End - start), counts ? runs.Count / 2 : -1]);
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

    internal bool IsFor(GradientDistanceKind otherKind, IReadOnlyList<ParameterBlock> otherBlocks, int otherLength)
        => _kind == otherKind && _length == otherLength && _blocks.SequenceEqual(otherBlocks);

    /// <summary>The parameters of each term of the sum, and those that belong to none.</summary>
    private IEnumerable<(IEnumerable<ParameterRange> Ranges, bool Counts)> Terms()
    {
        ParameterRange[] holes = [.. ParameterRange.FindHoles(_blocks.Select(block => new ParameterRange(block)), _length)];
        IEnumerable<(IEnumerable<ParameterRange>, bool)> terms = _kind switch
        {
            GradientDistanceKind.Relative => [(ParameterRange.FindHoles(holes, _length), true)],
            GradientDistanceKind.RelativePerLayer => _blocks.Select(block => (Only(block.Offset, block.Length), true)),
            GradientDistanceKind.RowCosine => _blocks.SelectMany(block => block.IsWeight
                ? Enumerable.Range(0, block.Rows).Select(row => (Only(block.Offset + row * block.RowLength, block.RowLength), true))
                : [(Only(block.Offset, block.Length), false)]),
            _ => throw new InvalidOperationException($"Distance {_kind} is unknown."),
        };
        return terms.Append((holes, false));

        static IEnumerable<ParameterRange> Only(int offset, int length) => [new(offset, length)];
    }
}
