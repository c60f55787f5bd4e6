namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>
/// The values of N samples, a row of float32 for each: in memory, or read from a file or computed where they are needed, so that a set can
/// be larger than memory. Rows can be read by several threads at once.
/// </summary>
public abstract class SampleRows
{
    /// <summary>Rows that are not in memory are copied as a whole up to this size, in bytes.</summary>
    private const long LargestCopy = 128L << 20;

    /// <summary>N.</summary>
    public abstract int Count { get; }

    /// <summary>The number of values of a row.</summary>
    public abstract int Length { get; }

    /// <summary>[N, length]: all values if they are in memory; null if rows are read or computed one by one.</summary>
    public virtual float[]? Values => null;

    /// <summary>Whether the rows must not be copied as a whole, to the host's or a device's memory.</summary>
    public virtual bool IsLarge => Values is null && (long)Count * Length * sizeof(float) > LargestCopy;

    /// <summary>Reads <paramref name="count"/> successive rows.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="values">[count, length].</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    /// <exception cref="Formats.BadInputException">The file that contains them cannot be read any more.</exception>
    public void Read(int first, int count, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        ReadCore(first, count, values[..(count * Length)]);
    }

    /// <summary>Reads the rows at these positions, in this order; successive ones together.</summary>
    /// <param name="rows">The positions.</param>
    /// <param name="values">[rows, length].</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="Formats.BadInputException">The file that contains them cannot be read any more.</exception>
    public void Read(ReadOnlySpan<int> rows, Span<float> values)
    {
        for (int i = 0, run; i < rows.Length; i += run)
        {
            run = 1;
            while (i + run < rows.Length && rows[i + run] == rows[i] + run)
                run++;
            Read(rows[i], run, values[(i * Length)..]);
        }
    }

    /// <summary>Copies the rows at these positions, in this order: [rows, length].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public float[] Copy(ReadOnlySpan<int> rows)
    {
        var values = new float[checked(rows.Length * Length)];
        Read(rows, values);
        return values;
    }

    /// <summary>All rows in pieces, in order; each is valid until the next.</summary>
    /// <param name="piece">The maximum number of values of a piece; a piece has at least one row.</param>
    public IEnumerable<(int First, ReadOnlyMemory<float> Values)> Pieces(int piece = 1 << 18)
    {
        if (Values is float[] all)
        {
            for (int first = 0, count = Math.Max(1, piece / Length); first < Count; first += count)
                yield return (first, all.AsMemory(first * Length, Math.Min(count, Count - first) * Length));
            yield break;
        }

        int rows = Math.Clamp(piece / Length, 1, Math.Max(1, Count));
        var buffer = new float[rows * Length];
        for (int first = 0; first < Count; first += rows)
        {
            int count = Math.Min(rows, Count - first);
            Read(first, count, buffer);
            yield return (first, buffer.AsMemory(0, count * Length));
        }
    }

    /// <summary>Reads rows that are known to exist.</summary>
    protected abstract void ReadCore(int first, int count, Span<float> values);
}
