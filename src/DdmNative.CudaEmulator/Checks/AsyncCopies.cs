using System.Numerics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// The copies that the threads of a block have begun by <c>cp.async</c> and not yet waited for, in the groups that each thread commits. Waiting completes them
/// in the <see cref="SharedMemoryRaceDetector"/>.
/// </summary>
public sealed class AsyncCopies(SharedMemoryRaceDetector detector)
{
    private readonly List<OpenCopy>[] open = [.. Enumerable.Range(0, BarrierClock.MaxWarps).Select(_ => new List<OpenCopy>())];
    private readonly int[] committed = new int[BarrierClock.MaxWarps * 32];

    /// <summary>Forgets the last block.</summary>
    public void Begin()
    {
        foreach (List<OpenCopy> copies in open)
            copies.Clear();
        Array.Clear(committed);
    }

    /// <summary>Lanes of a warp begin to copy; false if the memory must not be written now (see the detector's violation).</summary>
    public bool Copy(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        if (!detector.BeginCopy(site, warp, mask, addresses, bytes))
            return false;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            open[warp].Add(new(site, lane, addresses[lane], bytes, committed[warp * 32 + lane]));
        }

        return true;
    }

    /// <summary><c>cp.async.commit_group</c></summary>
    public void Commit(int warp, uint mask)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            committed[warp * 32 + BitOperations.TrailingZeroCount(rest)]++;
    }

    /// <summary><c>cp.async.wait_group n</c>: all groups of the lanes but the n last ones are complete.</summary>
    public void Wait(int warp, uint mask, int groups) => Complete(warp, mask, groups);

    /// <summary><c>cp.async.wait_all</c>: also what has not been committed.</summary>
    public void WaitAll(int warp, uint mask) => Complete(warp, mask, -1);

    private void Complete(int warp, uint mask, int groups)
    {
        List<OpenCopy> copies = open[warp];
        int kept = 0;
        for (int i = 0; i < copies.Count; i++)
        {
            OpenCopy copy = copies[i];
            if ((mask >> copy.Lane & 1) != 0 && copy.Group < committed[warp * 32 + copy.Lane] - groups)
                detector.Complete(copy.Site, warp, copy.Lane, copy.Address, copy.Bytes);
            else
                copies[kept++] = copy;
        }

        copies.RemoveRange(kept, copies.Count - kept);
    }

    private readonly record struct OpenCopy(int Site, int Lane, ulong Address, int Bytes, int Group);
}
