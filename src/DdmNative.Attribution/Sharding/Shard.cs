using System.Globalization;

namespace DdmNative.Attribution.Sharding;

/// <summary>One of several processes that divide the work of a job, written <c>I/N</c>: the I-th of N, I from 1 to N.</summary>
public readonly record struct Shard
{
    /// <summary>The maximum number of processes; a larger number is treated as a typing error.</summary>
    public const int Most = 1_000_000;

    /// <param name="index">I.</param>
    /// <param name="count">N.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such shard.</exception>
    public Shard(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, count);
        (Index, Count) = (index, count);
    }

    /// <summary>I, from 1 to N.</summary>
    public int Index { get; }

    /// <summary>N.</summary>
    public int Count { get; }

    /// <summary>Parses <c>I/N</c>; null if the text is malformed.</summary>
    public static Shard? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && index >= 1 && index <= count && count <= Most
            ? new Shard(index, count)
            : null;
    }

    /// <summary>
    /// Whether a piece belongs to this shard: pieces are assigned in turn, so that the numbers of pieces per shard differ by at most one.
    /// </summary>
    public bool Owns(int piece) => piece % Count == Index - 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
