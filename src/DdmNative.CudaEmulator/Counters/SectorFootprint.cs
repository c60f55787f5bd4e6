using System.Numerics;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// The set of 32-byte sectors of global memory that a launch has touched: the minimum that any schedule must move between memory and chip.
/// Stored as bits in pages of 128 KiB that are created when they are first touched. One for each host thread; they are merged when the
/// launch ends.
/// </summary>
public sealed class SectorFootprint
{
    private const int PageSectorBits = 12;
    private const int PageWords = (1 << PageSectorBits) / 64;

    private readonly Dictionary<ulong, ulong[]> _pages = [];
    private ulong _lastPage = ulong.MaxValue;
    private ulong[] _lastWords = [];

    /// <summary>Sectors touched.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (ulong[] words in _pages.Values)
            {
                foreach (ulong word in words)
                    count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>Adds adjacent bytes.</summary>
    public void Touch(ulong address, int bytes)
    {
        ulong last = (address + (uint)bytes - 1) / SectorCounter.SectorBytes;
        for (ulong sector = address / SectorCounter.SectorBytes; sector <= last; sector++)
        {
            ulong page = sector >> PageSectorBits;
            if (page != _lastPage)
                Turn(page);
            int within = (int)(sector & ((1 << PageSectorBits) - 1));
            _lastWords[within >> 6] |= 1ul << within;
        }
    }

    /// <summary>Adds the accesses of a warp's active lanes.</summary>
    public void Touch(ReadOnlySpan<ulong> addresses, uint mask, int bytes)
    {
        ulong noted = ulong.MaxValue;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            ulong address = addresses[BitOperations.TrailingZeroCount(rest)], sector = address / SectorCounter.SectorBytes;
            if (sector == noted && (address + (uint)bytes - 1) / SectorCounter.SectorBytes == sector)
                continue;
            Touch(address, bytes);
            noted = sector;
        }
    }

    /// <summary>Adds the sectors of another footprint.</summary>
    public void Merge(SectorFootprint other)
    {
        foreach ((ulong page, ulong[] words) in other._pages)
        {
            Turn(page);
            for (int i = 0; i < PageWords; i++)
                _lastWords[i] |= words[i];
        }
    }

    public void Clear()
    {
        _pages.Clear();
        _lastPage = ulong.MaxValue;
        _lastWords = [];
    }

    private void Turn(ulong page)
    {
        if (!_pages.TryGetValue(page, out ulong[]? words))
        {
            words = new ulong[PageWords];
            _pages.Add(page, words);
        }

        _lastPage = page;
        _lastWords = words;
    }
}
