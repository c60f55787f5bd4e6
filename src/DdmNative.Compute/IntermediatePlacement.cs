namespace DdmNative.Compute;

/// <summary>
/// Places a plan's intermediates in one arena: two that are alive at the same launch do not overlap, others may. Greedy by size: the
/// largest come first, each at the lowest offset that is free throughout its life (Pisarchyk and Lee, "Efficient memory management for deep
/// neural net inference", 2020).
/// </summary>
public static class IntermediatePlacement
{
    /// <summary>256 bytes, the alignment of the driver's own allocations.</summary>
    private const long Alignment = 256;

    /// <summary>The offset of each intermediate and the size of the arena. Intermediates that no launch uses take no space.</summary>
    public static (long[] Offsets, long ArenaBytes) Place(IReadOnlyList<IntermediateUse> uses)
    {
        var offsets = new long[uses.Count];
        var placed = new List<int>();
        long arena = 0;
        foreach (int i in Enumerable.Range(0, uses.Count).Where(i => uses[i].Last >= 0).OrderByDescending(i => uses[i].Bytes)
            .ThenBy(i => i))
        {
            long offset = 0;
            foreach (int other in placed.Where(other => uses[other].First <= uses[i].Last && uses[i].First <= uses[other].Last)
                .OrderBy(other => offsets[other]))
            {
                if (offset + uses[i].Bytes <= offsets[other])
                    break;
                offset = Math.Max(offset, RoundUp(offsets[other] + uses[other].Bytes));
            }
            offsets[i] = offset;
            placed.Add(i);
            arena = Math.Max(arena, offset + uses[i].Bytes);
        }
        return (offsets, arena);
    }

    private static long RoundUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}

/// <summary>An intermediate of a plan: its size, and the first and last launch that use it.</summary>
public readonly record struct IntermediateUse(long Bytes, int First, int Last);
