using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>A violation by an access to shared memory.</summary>
/// <param name="Kind">A race, or an access to memory that is still being copied.</param>
/// <param name="Lane">The lane that made the access.</param>
/// <param name="Address">The address in shared memory of the first byte in question.</param>
/// <param name="OtherAccess">The kind of the earlier access.</param>
/// <param name="OtherThread">The thread that made it, as a number within the block; −1 if it was several or none.</param>
/// <param name="OtherSite">Its instruction; −1 if it is not known.</param>
public readonly record struct SharedViolation(FaultKind Kind, int Lane, ulong Address, FaultAccess OtherAccess, int OtherThread,
    int OtherSite);

/// <summary>
/// Checks the shared memory of one block at a time. For each unit of memory (4 bytes, or less in kernels with narrower accesses), two tags
/// record the last writer and the last reader: thread, time and instruction. <see cref="BarrierClock"/> decides whether the accessing warp
/// sees that access. A read must see the writes before it, and a read of memory that no thread of this block has written is recorded; a
/// write must see all reads and writes before it; atomic accesses need not see one another. Reports the first violation together with the
/// earlier access. All addresses must have been checked to be in bounds and aligned. Usually four units are processed at once, and lanes
/// that read one address together.
/// </summary>
/// <remarks>
/// Not reported: lanes of one warp that write one location in one instruction (one of them wins); threads that write the value that is
/// already there (the caller compares, see <see cref="Overwrite"/>).
/// </remarks>
public sealed class SharedMemoryRaceDetector
{
    // Tag: time in bits 32–62, site 16–31, flags 12–15, warp 5–9, lane 0–4. A tag from before the block started means untouched.
    private const long Atomic = 1 << 15, OtherWarps = 1 << 14, OtherLanes = 1 << 13, Pending = 1 << 12;
    private const long Flags = Atomic | OtherWarps | OtherLanes | Pending, Warp = 31 << 5, Thread = Warp | 31;
    private const int UnknownSite = ushort.MaxValue;

    private readonly FaultChecks _checks;
    private long[] _writers = [], _readers = [];
    private int _unitShift, _openCopies;

    public SharedMemoryRaceDetector(FaultChecks checks)
    {
        this._checks = checks;
        Clock = new BarrierClock((checks & FaultChecks.Races) == FaultChecks.Races);
    }

    /// <summary>Must be notified of every barrier.</summary>
    public BarrierClock Clock { get; }

    /// <summary>The violation of the last access for which a method returned false.</summary>
    public SharedViolation Violation { get; private set; }

    /// <summary>
    /// Whether the last read accessed a unit that this block has not written. That is no violation, since the value may be unused.
    /// </summary>
    public bool FoundUnwritten { get; private set; }

    /// <summary>
    /// Whether no thread of this block has written the unit of memory that contains the address; false if that is not checked.
    /// </summary>
    public bool IsUnwritten(ulong address) =>
        (_checks & FaultChecks.UninitialisedShared) != 0 && _writers[(int)address >> _unitShift] >> 32 < Clock.Start;

    /// <summary>Clears the state of the previous block.</summary>
    /// <param name="sharedBytes">Bytes of static and dynamic shared memory.</param>
    /// <param name="unitBytes">Bytes of the narrowest access to shared memory in the kernel: 1, 2 or 4.</param>
    /// <param name="warps">Warps in the block, at most 32.</param>
    public void Begin(int sharedBytes, int unitBytes, int warps)
    {
        _unitShift = BitOperations.Log2((uint)Math.Min(unitBytes, 4));
        int units = ((sharedBytes + 15) >> _unitShift) + 4;
        if (_writers.Length < units)
        {
            _writers = new long[units];
            _readers = new long[units];
        }
        else if (Clock.IsExhausted || _openCopies > 0)
        {
            // Times do not distinguish the tags of copies that the previous block never waited for from those of this block.
            Array.Clear(_writers);
            Array.Clear(_readers);
        }

        _openCopies = 0;
        Clock.Begin(warps);
    }

    /// <summary>Lanes of a warp read; false if this is a violation.</summary>
    public bool Read(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        FoundUnwritten = false;
        int units = Math.Max(1, bytes >> _unitShift);
        long mine = Tag(Clock.Time, site, warp, 0);
        Vector256<long> start = Vector256.Create((long)Clock.Start << 32), seen = Vector256.Create((long)Clock.SeesAllBefore(warp) << 32),
            lanes = Vector256.Create(0L, 1, 2, 3);
        ref long writer = ref MemoryMarshal.GetArrayDataReference(_writers), reader = ref MemoryMarshal.GetArrayDataReference(_readers);
        uint once = mask;
        // Lanes that read the same addresses as those before them, as for the columns or rows of a tile, are recorded as one reader with
        // others.
        for (int period = 16; period >= 8 && once == (period == 16 ? uint.MaxValue : 0xffff) && Repeats(addresses, period); period /= 2)
        {
            once >>= period;
            mine |= OtherLanes;
        }

        for (uint rest = once; rest != 0;)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            int first = Unit(addresses[lane], units);
            if (units == 1 && FourInARow(rest, lane, addresses))
            {
                if (!ReadFour(ref Unsafe.Add(ref writer, first), ref Unsafe.Add(ref reader, first), mine + lane, lanes, start, seen)
                    && !ReadEach(first, 4, mine + lane, lane, 1, warp))
                    return false;
                rest &= ~(15u << lane);
                continue;
            }

            rest &= rest - 1;
            long tag = mine | (uint)lane;
            while (rest != 0 && addresses[BitOperations.TrailingZeroCount(rest)] == addresses[lane])
            {
                tag |= OtherLanes;
                rest &= rest - 1;
            }

            int i = 0;
            for (; i + 4 <= units; i += 4)
            {
                if (!ReadFour(ref Unsafe.Add(ref writer, first + i), ref Unsafe.Add(ref reader, first + i), tag, default, start, seen)
                    && !ReadEach(first + i, 4, tag, lane, 0, warp))
                    return false;
            }

            if (i < units && !ReadEach(first + i, units - i, tag, lane, 0, warp))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Lanes of a warp write; false if this is a violation, in which case the lanes below the violating one have been recorded.
    /// </summary>
    public bool Write(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
        => Write(Tag(Clock.Time, site, warp, 0), warp, mask, addresses, bytes);

    /// <summary>Lanes of a warp read and write by an atomic operation, or by volatile and other strong accesses.</summary>
    public bool Update(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
        => Write(Tag(Clock.Time, site, warp, 0) | Atomic, warp, mask, addresses, bytes);

    /// <summary>A strong read (<c>ld.volatile</c>, <c>ld.acquire</c>): does not race with atomic accesses.</summary>
    public bool ReadStrongly(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        FoundUnwritten = false;
        int units = Math.Max(1, bytes >> _unitShift);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest), first = (int)addresses[lane] >> _unitShift;
            long tag = Tag(Clock.Time, site, warp, lane) | Atomic;
            for (int i = 0; i < units; i++)
            {
                if (!ReadOne(first + i, tag, lane, warp))
                    return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Lanes of a warp start a copy into shared memory by <c>cp.async</c>: until <see cref="Complete"/> no thread may access it.
    /// </summary>
    public bool BeginCopy(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        if ((_checks & FaultChecks.AsyncCopies) == 0)
            return Write(site, warp, mask, addresses, bytes);
        _openCopies += BitOperations.PopCount(mask);
        return Write(Tag(BarrierClock.Never, site, warp, 0) | Pending, warp, mask, addresses, bytes);
    }

    /// <summary>A lane has waited for its copy: from now on it counts as if the lane had just written.</summary>
    public void Complete(int site, int warp, int lane, ulong address, int bytes)
    {
        if ((_checks & FaultChecks.AsyncCopies) == 0)
            return;
        _openCopies--;
        long tag = Tag(Clock.Time, site, warp, lane);
        Span<long> copied = _writers.AsSpan((int)address >> _unitShift, Math.Max(1, bytes >> _unitShift));
        if (copied.Length == 4)
        {
            ref long first = ref MemoryMarshal.GetReference(copied);
            Vector256<long> now = Vector256.LoadUnsafe(ref first), settled = Vector256.Equals(now & Vector256.Create(Pending), default);
            Vector256.ConditionalSelect(settled, now, Vector256.Create(tag)).StoreUnsafe(ref first);
            return;
        }

        foreach (ref long writer in copied)
        {
            if ((writer & Pending) != 0)
                writer = tag;
        }
    }

    /// <summary>Records a write without checking it: it writes the value that is already there, so its race changes nothing.</summary>
    public void Overwrite(int site, int warp, int lane, ulong address, int bytes) =>
        _writers.AsSpan((int)address >> _unitShift, Math.Max(1, bytes >> _unitShift)).Fill(Tag(Clock.Time, site, warp, lane));

    private static long Tag(uint time, int site, int warp, int lane)
        => (long)time << 32 | (long)Math.Min(site, UnknownSite) << 16 | (uint)warp << 5 | (uint)lane;

    /// <summary>
    /// The first unit of an access, checked to be within the tags: the following code reads and writes four at once without bounds checks.
    /// </summary>
    private int Unit(ulong address, int units)
    {
        int first = (int)address >> _unitShift;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(first + units + 3), (uint)_writers.Length);
        return first;
    }

    /// <summary>Whether the first <paramref name="period"/> lanes have the same addresses as the next ones.</summary>
    private static bool Repeats(ReadOnlySpan<ulong> addresses, int period)
    {
        if (addresses[0] != addresses[period])
            return false;
        Vector256<ulong> differ = default;
        for (int lane = 0; lane < period; lane += 4)
            differ |= Vector256.LoadUnsafe(in addresses[lane]) ^ Vector256.LoadUnsafe(in addresses[lane + period]);
        return differ == default;
    }

    private bool FourInARow(uint rest, int lane, ReadOnlySpan<ulong> addresses)
    {
        if ((rest >> lane & 15) != 15 || lane > 28)
            return false;
        Vector256<ulong> expected = Vector256.Create(addresses[lane]) + Vector256.ShiftLeft(Vector256.Create(0ul, 1, 2, 3), _unitShift);
        return Vector256.LoadUnsafe(in addresses[lane]) == expected;
    }

    private bool Write(long mine, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        int units = Math.Max(1, bytes >> _unitShift);
        Vector256<long> seen = Vector256.Create((long)Clock.SeesAllBefore(warp) << 32), lanes = Vector256.Create(0L, 1, 2, 3);
        ref long writer = ref MemoryMarshal.GetArrayDataReference(_writers), reader = ref MemoryMarshal.GetArrayDataReference(_readers);
        for (uint rest = mask; rest != 0;)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            int first = Unit(addresses[lane], units);
            if (units == 1 && FourInARow(rest, lane, addresses))
            {
                if (!WriteFour(ref Unsafe.Add(ref writer, first), ref Unsafe.Add(ref reader, first), mine + lane, lanes, seen)
                    && !WriteEach(first, 4, mine + lane, lane, 1, warp))
                    return false;
                rest &= ~(15u << lane);
                continue;
            }

            rest &= rest - 1;
            int i = 0;
            for (; i + 4 <= units; i += 4)
            {
                if (!WriteFour(ref Unsafe.Add(ref writer, first + i), ref Unsafe.Add(ref reader, first + i), mine + lane, default, seen)
                    && !WriteEach(first + i, 4, mine + lane, lane, 0, warp))
                    return false;
            }

            if (i < units && !WriteEach(first + i, units - i, mine + lane, lane, 0, warp))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Four units by one lane, or one each by four lanes (<paramref name="lanes"/>). False if it is not certain that they may be read;
    /// nothing has been recorded in that case.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ReadFour(ref long writerTag, ref long readerTag, long mine, Vector256<long> lanes, Vector256<long> start,
    Vector256<long> seen)
    {
        Vector256<long> tags = Vector256.Create(mine) + lanes, writer = Vector256.LoadUnsafe(ref writerTag),
            reader = Vector256.LoadUnsafe(ref readerTag);
        Vector256<long> own = Vector256.Equals((writer ^ tags) & Vector256.Create(Thread | Pending), default);
        Vector256<long> unclear = Vector256.LessThan(writer, start) | Vector256.AndNot(Vector256.GreaterThanOrEqual(writer, seen), own);
        if (unclear != default)
            return false;
        Vector256<long> recent = Vector256.GreaterThanOrEqual(reader, seen);
        if (recent != default)
        {
            Vector256<long> apart = reader ^ tags;
            Vector256<long> sameWarp = Vector256.Equals(apart & Vector256.Create(Warp), default),
                sameThread = Vector256.Equals(apart & Vector256.Create(Thread), default);
            Vector256<long> flags = Vector256.AndNot(Vector256.Create(OtherWarps), sameWarp)
                | Vector256.AndNot(Vector256.Create(OtherLanes), sameThread);
            tags |= recent & ((reader & Vector256.Create(OtherWarps | OtherLanes)) | flags);
        }

        tags.StoreUnsafe(ref readerTag);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool WriteFour(ref long writerTag, ref long readerTag, long mine, Vector256<long> lanes, Vector256<long> seen)
    {
        if (Vector256.GreaterThanOrEqual(Vector256.Max(Vector256.LoadUnsafe(ref writerTag), Vector256.LoadUnsafe(ref readerTag)), seen)
            != default)
            return false;
        (Vector256.Create(mine) + lanes).StoreUnsafe(ref writerTag);
        return true;
    }

    /// <summary>Units one by one; <paramref name="step"/> is 1 if each belongs to the next lane.</summary>
    private bool ReadEach(int first, int count, long mine, int lane, int step, int warp)
    {
        for (int i = 0; i < count; i++)
        {
            if (!ReadOne(first + i, mine + i * step, lane + i * step, warp))
                return false;
        }

        return true;
    }

    private bool WriteEach(int first, int count, long mine, int lane, int step, int warp)
    {
        for (int i = 0; i < count; i++)
        {
            if (!WriteOne(first + i, mine + i * step, lane + i * step, warp))
                return false;
        }

        return true;
    }

    private bool ReadOne(int unit, long mine, int lane, int warp)
    {
        long writer = _writers[unit], reader = _readers[unit], seen = (long)Clock.SeesAllBefore(warp) << 32;
        if (writer >> 32 < Clock.Start)
        {
            FoundUnwritten |= (_checks & FaultChecks.UninitialisedShared) != 0;
        }
        else if (writer >= seen && !MayFollow(writer, mine, warp))
        {
            return Violate(FaultKind.SharedReadWriteRace, lane, unit, writer, (writer & Atomic) != 0
                ? FaultAccess.Atomic : FaultAccess.Write);
        }

        if (reader >= seen)
        {
            mine |= reader & (OtherWarps | OtherLanes);
            if (((reader ^ mine) & Warp) != 0)
                mine |= OtherWarps;
            if (((reader ^ mine) & Thread) != 0)
                mine |= OtherLanes;
            // A plain read among strong ones is the one that a later atomic access must see.
            if ((reader & Atomic) == 0)
                mine &= ~Atomic;
        }

        _readers[unit] = mine;
        return true;
    }

    private bool WriteOne(int unit, long mine, int lane, int warp)
    {
        long writer = _writers[unit], reader = _readers[unit], seen = (long)Clock.SeesAllBefore(warp) << 32;
        if (writer >= seen && writer >> 32 >= Clock.Start && !MayFollow(writer, mine, warp) && !IsSameInstruction(writer, mine))
            return Violate(FaultKind.SharedWriteWriteRace, lane, unit, writer, (writer & Atomic) != 0
                ? FaultAccess.Atomic : FaultAccess.Write);
        if (reader >= seen && reader >> 32 >= Clock.Start && !MayFollowReads(reader, mine, warp))
            return Violate(FaultKind.SharedReadWriteRace, lane, unit, reader, FaultAccess.Read);
        _writers[unit] = mine;
        return true;
    }

    private bool MayFollow(long earlier, long mine, int warp)
    {
        if ((earlier & Pending) != 0)
            return false;
        if ((_checks & FaultChecks.SharedRaces) == 0 || ((earlier ^ mine) & Thread) == 0 || (earlier & mine & Atomic) != 0)
            return true;
        return Clock.Sees(warp, WarpOf(earlier), (uint)(earlier >> 32));
    }

    private bool MayFollowReads(long reader, long mine, int warp)
    {
        if (!MayFollow(reader, mine, warp))
            return false;
        // Only the last of the readers is known. Another one is reported only if no warp can have seen the accesses of that time, hence
        // never wrongly.
        uint time = (uint)(reader >> 32);
        if ((_checks & FaultChecks.SharedRaces) == 0 || (reader & mine & Atomic) != 0)
            return true;
        bool sameWarp = ((reader ^ mine) & Warp) == 0;
        return !((reader & OtherWarps) != 0 && time >= Clock.SeesNoneFrom(warp))
            && !((reader & OtherLanes) != 0 && (reader & OtherWarps) == 0 && sameWarp && !Clock.Sees(warp, warp, time));
    }

    private static bool IsSameInstruction(long earlier, long mine) => ((earlier ^ mine) & ~(31L | Flags) | (earlier & Pending)) == 0;

    private bool Violate(FaultKind race, int lane, int unit, long other, FaultAccess access)
    {
        bool pending = (other & Pending) != 0, several = access == FaultAccess.Read && (other & (OtherWarps | OtherLanes)) != 0;
        int site = (int)(other >> 16 & UnknownSite);
        return Violate(new(
            pending ? FaultKind.AsyncCopyNotAwaited : race, lane, (ulong)unit << _unitShift, access,
            several ? -1 : (int)(other & Thread), site == UnknownSite ? -1 : site));
    }

    private bool Violate(SharedViolation violation)
    {
        Violation = violation;
        return false;
    }

    private static int WarpOf(long tag) => (int)((tag & Warp) >> 5);
}
