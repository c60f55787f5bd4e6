using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>Consecutive parameters of a vector.</summary>
/// <param name="Offset">The first of them.</param>
/// <param name="Length">Their number.</param>
internal readonly record struct ParameterRange(int Offset, int Length)
{
    public ParameterRange(Slice slice)
        : this(slice.Offset, slice.Length)
    {
    }

    public ParameterRange(ParameterBlock block)
        : this(block.Offset, block.Length)
    {
    }

    /// <summary>One past the last.</summary>
    public int End => Offset + Length;

    /// <summary>
    /// The parameters of a vector of <paramref name="length"/> that are in none of the ranges, as the fewest ranges in ascending order. The
    /// given ranges may overlap.
    /// </summary>
    public static IEnumerable<ParameterRange> FindHoles(IEnumerable<ParameterRange> ranges, int length)
    {
        int end = 0;
        foreach (ParameterRange range in ranges.OrderBy(range => range.Offset))
        {
            if (range.Offset > end)
                yield return new(end, range.Offset - end);
            end = Math.Max(end, range.End);
        }
        if (end < length)
            yield return new(end, length - end);
    }
}
