namespace DdmNative.Compute.Cpu;

/// <summary>Consecutive parameters of a vector.</summary>
/// <param name="Offset">The first of them.</param>
/// <param name="Length">Their number.</param>
internal readonly record struct ParameterRange(int Offset, int Length)
{
    public ParameterRange(Slice slice)
        : this(slice.Offset, slice.Length)
    {
    }

    /// <summary>Whether every one of <paramref name="length"/> parameters is in a range; ranges may overlap.</summary>
    public static bool Cover(IEnumerable<ParameterRange> ranges, int length)
    {
        int end = 0;
        foreach (ParameterRange range in ranges.OrderBy(range => range.Offset))
        {
            if (range.Offset > end)
                return false;
            end = Math.Max(end, range.Offset + range.Length);
        }
        return end >= length;
    }
}
