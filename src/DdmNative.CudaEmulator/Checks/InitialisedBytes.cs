using System.Numerics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Which bytes of an allocation have been written, one bit each, and how many have not: most allocations soon have no unwritten bytes, and
/// then nothing has to be looked up. Several host threads may mark bytes at the same time; marking bytes that are already marked, the usual
/// case, only reads.
/// </summary>
public sealed class InitialisedBytes
{
    private readonly ulong[] _bits;
    private long _missing;

    /// <param name="bytes">Size of the allocation.</param>
    public InitialisedBytes(ulong bytes)
    {
        _bits = new ulong[(bytes + 63) / 64];
        _missing = (long)bytes;
    }

    /// <summary>Whether all bytes of the allocation have been written.</summary>
    public bool IsComplete => Volatile.Read(ref _missing) == 0;

    /// <summary>Marks bytes as written, starting at an offset.</summary>
    public void Mark(ulong offset, ulong bytes)
    {
        ulong end = offset + bytes;
        while (offset < end)
        {
            ulong count = Math.Min(64 - offset % 64, end - offset), wanted = Run(offset, count);
            ref ulong word = ref _bits[offset / 64];
            if ((Volatile.Read(ref word) & wanted) != wanted)
            {
                ulong before = Interlocked.Or(ref word, wanted);
                Interlocked.Add(ref _missing, -BitOperations.PopCount(wanted & ~before));
            }

            offset += count;
        }
    }

    /// <summary>Whether all of the bytes have been written.</summary>
    public bool AreAll(ulong offset, ulong bytes) => IsComplete || FirstMissing(offset, bytes) is null;

    /// <summary>Offset of the first byte of the range that has not been written; null if all have.</summary>
    public ulong? FirstMissing(ulong offset, ulong bytes)
    {
        ulong end = offset + bytes;
        while (offset < end)
        {
            ulong count = Math.Min(64 - offset % 64, end - offset), missing = Run(offset, count) & ~Volatile.Read(ref _bits[offset / 64]);
            if (missing != 0)
                return offset / 64 * 64 + (ulong)BitOperations.TrailingZeroCount(missing);
            offset += count;
        }

        return null;
    }

    /// <summary>Copies the state of other bytes, as a copy within the device does.</summary>
    public void CopyFrom(InitialisedBytes source, ulong sourceOffset, ulong offset, ulong bytes)
    {
        if (source.AreAll(sourceOffset, bytes))
        {
            Mark(offset, bytes);
            return;
        }

        bool backwards = ReferenceEquals(source, this) && sourceOffset < offset;
        for (ulong i = 0; i < bytes; i++)
        {
            ulong at = backwards ? bytes - 1 - i : i;
            Set(offset + at, source.AreAll(sourceOffset + at, 1));
        }
    }

    private void Set(ulong offset, bool initialised)
    {
        if (initialised)
            Mark(offset, 1);
        else if ((Interlocked.And(ref _bits[offset / 64], ~Run(offset, 1)) & Run(offset, 1)) != 0)
            Interlocked.Increment(ref _missing);
    }

    private static ulong Run(ulong offset, ulong count) => (count == 64 ? ulong.MaxValue : (1ul << (int)count) - 1) << (int)(offset % 64);
}
