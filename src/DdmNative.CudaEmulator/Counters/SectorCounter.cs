using System.Numerics;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>The cost of one request of a warp, and the minimum cost for the same bytes.</summary>
public readonly record struct AccessCost(int Transactions, int Ideal);

/// <summary>
/// Counts the 32-byte sectors that a request of a warp to global memory touches. The ideal is the number of sectors that the distinct
/// requested bytes would fill if they were adjacent: 4 for 32 different floats, 1 if all lanes read the same one.
/// </summary>
public static class SectorCounter
{
    public const int SectorBytes = 32;

    /// <param name="addresses">
    /// Of the 32 lanes; those of lanes outside of the mask are ignored. Aligned to <paramref name="bytes"/>.
    /// </param>
    /// <param name="mask">Lanes that take part, lane 0 in the lowest bit.</param>
    /// <param name="bytes">Per lane: 1, 2, 4, 8 or 16.</param>
    public static AccessCost Count(ReadOnlySpan<ulong> addresses, uint mask, int bytes)
    {
        // An aligned access is within one sector. Open addressing over 64 slots; `taken` avoids clearing them.
        Span<ulong> sectors = stackalloc ulong[64];
        Span<uint> touched = stackalloc uint[64];
        ulong taken = 0;
        uint wanted = bytes == SectorBytes ? uint.MaxValue : (1u << bytes) - 1;
        int distinctBytes = 0, count = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            ulong address = addresses[BitOperations.TrailingZeroCount(rest)];
            ulong sector = address / SectorBytes;
            uint within = wanted << (int)(address % SectorBytes);
            int slot = (int)((sector * 0x9E3779B97F4A7C15ul) >> 58);
            while ((taken >> slot & 1) != 0 && sectors[slot] != sector)
                slot = (slot + 1) & 63;
            if ((taken >> slot & 1) == 0)
            {
                taken |= 1ul << slot;
                sectors[slot] = sector;
                touched[slot] = 0;
                count++;
            }

            distinctBytes += BitOperations.PopCount(within & ~touched[slot]);
            touched[slot] |= within;
        }

        return new(count, (distinctBytes + SectorBytes - 1) / SectorBytes);
    }

    /// <summary>The same for adjacent bytes that start at an address, the most frequent case.</summary>
    public static AccessCost CountRow(ulong address, int totalBytes) =>
        new((int)((address % SectorBytes + (uint)totalBytes + SectorBytes - 1) / SectorBytes),
        (totalBytes + SectorBytes - 1) / SectorBytes);
}
