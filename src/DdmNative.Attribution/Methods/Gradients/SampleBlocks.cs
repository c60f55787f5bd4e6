using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// Parts of a training set, divided into blocks of equal size for the ensemble axis; only the last block of a part may be smaller.
/// </summary>
internal sealed class SampleBlocks
{
    /// <param name="parts">The samples of each part.</param>
    /// <param name="size">The maximum number of samples per block.</param>
    public SampleBlocks(IReadOnlyList<int[]> parts, int size)
    {
        var blocks = new List<(int, ArraySegment<int>)>();
        for (int part = 0; part < parts.Count; part++)
        {
            for (int first = 0; first < parts[part].Length; first += size)
                blocks.Add((part, new ArraySegment<int>(parts[part], first, Math.Min(size, parts[part].Length - first))));
        }

        Blocks = blocks;
        Size = size;
    }

    /// <summary>The blocks, in the order of the parts.</summary>
    public IReadOnlyList<(int Part, ArraySegment<int> Samples)> Blocks { get; }

    /// <summary>The maximum number of samples per block.</summary>
    public int Size { get; }

    /// <summary>The samples of every part of a table.</summary>
    public static IReadOnlyList<int[]> PartsOf(GroupTable table)
        => [.. Enumerable.Range(0, table.Count).Select(table.Members)];

    /// <summary>The blocks in waves of the given number.</summary>
    public IEnumerable<(int[] Parts, ArraySegment<int>[] Samples)> Waves(int wave)
        => Blocks.Chunk(wave).Select(
            chunk => (chunk.Select(block => block.Part).ToArray(), chunk.Select(block => block.Samples).ToArray()));
}
