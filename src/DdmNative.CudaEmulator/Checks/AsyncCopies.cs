using System.Numerics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// The copies that the threads of a block have started by <c>cp.async</c> and not yet waited for, in the groups that each thread commits.
/// Waiting completes them in the <see cref="SharedMemoryRaceDetector"/>. Copies that the lanes of a warp start together are one entry, as
/// long as the lanes are in groups of the same number.
/// </summary>
public sealed class AsyncCopies(SharedMemoryRaceDetector detector)
{
    private readonly List<OpenCopy>[] _open = [.. Enumerable.Range(0, BarrierClock.MaxWarps).Select(_ => new List<OpenCopy>())];
    private readonly int[] _committed = new int[BarrierClock.MaxWarps * 32];
    private readonly Stack<ulong[]> _spare = new();

    /// <summary>Clears the state of the previous block.</summary>
    public void Begin()
    {
        foreach (List<OpenCopy> copies in _open)
        {
            foreach (OpenCopy copy in copies)
                _spare.Push(copy.Addresses);
            copies.Clear();
        }

        Array.Clear(_committed);
    }

    /// <summary>Lanes of a warp start a copy; false if the memory must not be written now (see the detector's violation).</summary>
    public bool Copy(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        if (!detector.BeginCopy(site, warp, mask, addresses, bytes))
            return false;
        ReadOnlySpan<int> groups = _committed.AsSpan(warp * 32, 32);
        for (uint rest = mask; rest != 0;)
        {
            int group = groups[BitOperations.TrailingZeroCount(rest)];
            uint alike = Lanes(groups, rest, group, group + 1);
            if (!_spare.TryPop(out ulong[]? kept))
                kept = new ulong[32];
            addresses[..32].CopyTo(kept);
            _open[warp].Add(new(site, alike, kept, bytes, group));
            rest &= ~alike;
        }

        return true;
    }

    /// <summary><c>cp.async.commit_group</c></summary>
    public void Commit(int warp, uint mask)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            _committed[warp * 32 + BitOperations.TrailingZeroCount(rest)]++;
    }

    /// <summary><c>cp.async.wait_group n</c>: all groups of the lanes except the last n are complete.</summary>
    public void Wait(int warp, uint mask, int groups) => Complete(warp, mask, groups);

    /// <summary><c>cp.async.wait_all</c>: also copies that have not been committed.</summary>
    public void WaitAll(int warp, uint mask) => Complete(warp, mask, -1);

    private void Complete(int warp, uint mask, int groups)
    {
        List<OpenCopy> copies = _open[warp];
        ReadOnlySpan<int> made = _committed.AsSpan(warp * 32, 32);
        int kept = 0;
        for (int i = 0; i < copies.Count; i++)
        {
            OpenCopy copy = copies[i];
            // For lanes that have committed more groups than this, the copy's group is not among the last ones.
            uint done = Lanes(made, copy.Mask & mask, copy.Group + groups + 1, int.MaxValue);
            for (uint rest = done; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                detector.Complete(copy.Site, warp, lane, copy.Addresses[lane], copy.Bytes);
            }

            if (done == copy.Mask)
                _spare.Push(copy.Addresses);
            else
                copies[kept++] = copy with { Mask = copy.Mask & ~done };
        }

        copies.RemoveRange(kept, copies.Count - kept);
    }

    /// <summary>The lanes of a mask whose number is at least <paramref name="least"/> and below <paramref name="end"/>.</summary>
    private static uint Lanes(ReadOnlySpan<int> numbers, uint mask, int least, int end)
    {
        uint found = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            found |= numbers[lane] >= least && numbers[lane] < end ? 1u << lane : 0;
        }

        return found;
    }

    private readonly record struct OpenCopy(int Site, uint Mask, ulong[] Addresses, int Bytes, int Group);
}
