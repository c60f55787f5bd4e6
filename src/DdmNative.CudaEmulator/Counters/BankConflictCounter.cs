using System.Numerics;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// Counts the wavefronts that a request of a warp to shared memory takes. There are 32 banks of 4 bytes; lanes that read the same word
/// share it; different words of one bank are served one after the other. A warp's 64-bit accesses take two phases of 16 lanes, 128-bit ones
/// four of 8 lanes, so that a phase never needs more than 32 words. The ideal is one wavefront for each phase with an active lane; the
/// wavefronts above it are the conflicts.
/// </summary>
public static class BankConflictCounter
{
    public const int Banks = 32;

    /// <param name="addresses">
    /// Byte offsets of the 32 lanes; those of lanes outside of the mask are ignored. Aligned to <paramref name="bytes"/>.
    /// </param>
    /// <param name="mask">Lanes that take part, lane 0 in the lowest bit.</param>
    /// <param name="bytes">Per lane: 1, 2, 4, 8 or 16.</param>
    public static AccessCost Count(ReadOnlySpan<ulong> addresses, uint mask, int bytes)
    {
        int words = Math.Max(1, bytes / 4), lanes = 32 / words, wavefronts = 0, phases = 0;
        uint phaseMask = lanes == 32 ? uint.MaxValue : (1u << lanes) - 1;
        for (int first = 0; first < 32; first += lanes)
        {
            uint active = mask & phaseMask << first;
            if (active == 0)
                continue;
            phases++;
            wavefronts += Phase(addresses, active, words);
        }

        return new(wavefronts, phases);
    }

    private static int Phase(ReadOnlySpan<ulong> addresses, uint active, int words)
    {
        // Lists by bank of the words seen, newest first.
        Span<ulong> seen = stackalloc ulong[32];
        Span<sbyte> next = stackalloc sbyte[32], newest = stackalloc sbyte[Banks];
        Span<byte> depth = stackalloc byte[Banks];
        newest.Fill(-1);
        depth.Clear();
        int count = 0, deepest = 1;
        for (uint rest = active; rest != 0; rest &= rest - 1)
        {
            ulong first = addresses[BitOperations.TrailingZeroCount(rest)] / 4;
            for (int i = 0; i < words; i++)
            {
                ulong word = first + (uint)i;
                int bank = (int)(word % Banks);
                int known = newest[bank];
                while (known >= 0 && seen[known] != word)
                    known = next[known];
                if (known >= 0)
                    continue;
                seen[count] = word;
                next[count] = newest[bank];
                newest[bank] = (sbyte)count++;
                deepest = Math.Max(deepest, ++depth[bank]);
            }
        }

        return deepest;
    }
}
