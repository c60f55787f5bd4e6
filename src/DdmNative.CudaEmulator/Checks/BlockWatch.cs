using System.Numerics;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>A variable in a block's shared memory, for reports; dynamic shared memory counts as one.</summary>
internal sealed record SharedVariable(string Name, ulong Offset, ulong Bytes);

/// <summary>
/// Checks one block at a time while it runs, on behalf of the interpreter: every method is called before the access or barrier happens and
/// returns the fault, or null. Also builds the reports of faults that the interpreter finds itself. One instance for each host thread and
/// launch.
/// </summary>
/// <param name="checks">The enabled checks.</param>
/// <param name="sites">The kernel's sites.</param>
/// <param name="threads">Threads of a block, in x, y and z.</param>
/// <param name="variables">The variables in shared memory.</param>
/// <param name="sharedUnitBytes">Bytes of the kernel's narrowest access to shared memory: 1, 2 or 4.</param>
internal sealed class BlockWatch(FaultChecks checks, KernelSites sites, FaultIndex threads, IReadOnlyList<SharedVariable> variables,
    int sharedUnitBytes)
{
    private readonly SharedMemoryRaceDetector _shared = new(checks);
    private readonly List<Suspect> _suspects = [];
    private AsyncCopies? _copies;
    private FaultIndex _block;

    /// <summary>Whether accesses to shared memory have to be checked at all.</summary>
    public bool WatchesShared { get; } = (checks & (FaultChecks.Races | FaultChecks.UninitialisedShared | FaultChecks.AsyncCopies)) != 0;

    /// <summary>Whether <see cref="ReportSuspects"/> must be called after the store.</summary>
    public bool HasSuspects => _suspects.Count > 0;

    /// <summary>Whether the last <see cref="Read"/> accessed memory that no thread of this block has written.</summary>
    public bool FoundUnwritten => _shared.FoundUnwritten;

    public void Begin(FaultIndex blockIndex, int sharedBytes)
    {
        _block = blockIndex;
        _shared.Begin(sharedBytes, sharedUnitBytes, (int)((threads.X * threads.Y * threads.Z + 31) / 32));
        _suspects.Clear();
        _copies?.Begin();
    }

    /// <summary>Lanes read shared memory.</summary>
    /// <param name="site">The instruction's site.</param>
    /// <param name="warp">The warp's number within the block.</param>
    /// <param name="mask">Lanes that take part.</param>
    /// <param name="addresses">Offsets in shared memory by lane, in bounds and aligned.</param>
    /// <param name="bytes">Bytes that each lane reads.</param>
    /// <param name="strong">Volatile, relaxed or acquire: does not race with atomic accesses.</param>
    public FaultReport? Read(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes, bool strong = false) =>
        (strong ? _shared.ReadStrongly(site, warp, mask, addresses, bytes) : _shared.Read(site, warp, mask, addresses, bytes))
        ? null : Report(site, warp, bytes, FaultAccess.Read);

    /// <summary>
    /// Lanes are about to write shared memory. A write-write race is a fault only if it changes the memory, which
    /// <see cref="ReportSuspects"/> determines after the store; for this, <paramref name="memory"/> is the memory before it. Other
    /// parameters as for <see cref="Read"/>.
    /// </summary>
    public FaultReport? Write(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes, ReadOnlySpan<byte> memory)
    {
        while (!_shared.Write(site, warp, mask, addresses, bytes))
        {
            SharedViolation violation = _shared.Violation;
            FaultReport report = Report(site, warp, bytes, FaultAccess.Write);
            if (violation.Kind != FaultKind.SharedWriteWriteRace)
                return report;
            ulong address = addresses[violation.Lane];
            _suspects.Add(new(report, address, memory.Slice((int)address, bytes).ToArray()));
            _shared.Overwrite(site, warp, violation.Lane, address, bytes);
            mask &= violation.Lane == 31 ? 0 : uint.MaxValue << violation.Lane + 1;
        }

        return null;
    }

    /// <summary>After the store: the first of its write-write races that changed the memory, or null.</summary>
    public FaultReport? ReportSuspects(ReadOnlySpan<byte> memory)
    {
        foreach (Suspect suspect in _suspects)
        {
            if (memory.Slice((int)suspect.Address, suspect.Before.Length).SequenceEqual(suspect.Before))
                continue;
            _suspects.Clear();
            return suspect.Report;
        }

        _suspects.Clear();
        return null;
    }

    /// <summary>
    /// A bit for each of up to 32 bytes of shared memory that no thread of this block has written; 0 if that is not checked.
    /// </summary>
    public uint Unwritten(ulong address, int bytes)
    {
        uint found = 0;
        for (int i = 0; i < bytes; i++)
            found |= _shared.IsUnwritten(address + (ulong)i) ? 1u << i : 0;
        return found;
    }

    /// <summary>Lanes update shared memory by an atomic operation, or write it by a strong store.</summary>
    public FaultReport? Update(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes) =>
        _shared.Update(site, warp, mask, addresses, bytes) ? null : Report(site, warp, bytes, FaultAccess.Atomic);

    /// <summary>Lanes start a copy into shared memory.</summary>
    public FaultReport? Copy(int site, int warp, uint mask, ReadOnlySpan<ulong> addresses, int bytes)
    {
        if (_copies is null)
        {
            _copies = new(_shared);
            _copies.Begin();
        }

        return _copies.Copy(site, warp, mask, addresses, bytes) ? null : Report(site, warp, bytes, FaultAccess.Write);
    }

    /// <summary><c>cp.async.commit_group</c></summary>
    public void CommitCopies(int warp, uint mask) => _copies?.Commit(warp, mask);

    /// <summary><c>cp.async.wait_group</c></summary>
    public void WaitForCopies(int warp, uint mask, int groups) => _copies?.Wait(warp, mask, groups);

    /// <summary><c>cp.async.wait_all</c></summary>
    public void WaitForAllCopies(int warp, uint mask) => _copies?.WaitAll(warp, mask);

    /// <summary>A warp arrives at a barrier of the block.</summary>
    public void Arrive(int barrier, int warp) => _shared.Clock.Arrive(barrier, warp);

    /// <summary>The barrier releases its waiting warps.</summary>
    public void Release(int barrier, uint waitingWarps) => _shared.Clock.Release(barrier, waitingWarps);

    /// <summary><c>bar.warp.sync</c></summary>
    public void SynchroniseWarp(int warp) => _shared.Clock.SynchroniseWarp(warp);

    /// <summary>The mask of a warp-synchronous instruction must name exactly the lanes that execute it together.</summary>
    /// <param name="site">The instruction's site.</param>
    /// <param name="warp">The warp's number within the block.</param>
    /// <param name="executing">Lanes that have arrived at the instruction together.</param>
    /// <param name="named">The mask that each of them passes; by lane.</param>
    /// <param name="alive">Lanes that have not exited the kernel.</param>
    public FaultReport? WarpMask(int site, int warp, uint executing, ReadOnlySpan<uint> named, uint alive)
    {
        if ((checks & FaultChecks.WarpSyncMasks) == 0)
            return null;
        for (uint rest = executing; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            uint mask = named[lane], missing = mask & ~executing;
            if ((mask >> lane & 1) == 0)
                return Report(FaultKind.WarpSyncMask, site, warp * 32 + lane, null,
                    $"mask 0x{mask:x8} leaves out lane {lane}, which executes the instruction");
            if ((missing & ~alive) != 0)
                return Report(
                    FaultKind.WarpSyncMask, site, warp * 32 + lane, null,
                    $"mask 0x{mask:x8} names lane {BitOperations.TrailingZeroCount(missing & ~alive)}, "
                    + "which has left the kernel or does not exist");
            if (missing != 0)
                return Report(FaultKind.WarpSyncMask, site, warp * 32 + lane, null,
                    $"mask 0x{mask:x8} names lane {BitOperations.TrailingZeroCount(missing)}, which is elsewhere in the code");
        }

        return null;
    }

    /// <summary>Builds the report of a fault at an instruction of a thread of the running block.</summary>
    public FaultReport Report(FaultKind kind, int site, int thread, FaultMemory? memory, string? detail = null) =>
        new(kind, sites.Name, Place(site), _block, Index(thread)) { Memory = memory, Detail = detail };

    /// <summary>The variable that contains an offset in shared memory, or the last one before it; null if there is none.</summary>
    public FaultAllocation? SharedAllocation(ulong address)
    {
        SharedVariable? variable = variables.Where(candidate => candidate.Offset <= address).MaxBy(candidate => candidate.Offset);
        return variable is null ? null : new(variable.Offset, variable.Bytes, variable.Name, false);
    }

    private FaultReport Report(int site, int warp, int bytes, FaultAccess access)
    {
        SharedViolation violation = _shared.Violation;
        FaultReport report = Report(
            violation.Kind, site, warp * 32 + violation.Lane,
            new(access, PtxSpace.Shared, violation.Address, Math.Min(bytes, 4), SharedAllocation(violation.Address)));
        return report with
        {
            Other = new(
                violation.OtherAccess, violation.OtherThread < 0
                ? null : Index(violation.OtherThread), violation.OtherSite < 0 ? null : Place(violation.OtherSite)),
        };
    }

    /// <summary>The instruction of a site.</summary>
    public FaultPlace Place(int site) => FaultPlace.Create(sites.Instructions[site], sites.SourceFiles);

    private FaultIndex Index(int thread) => FaultIndex.FromNumber((uint)thread, threads.X, threads.Y);

    private sealed record Suspect(FaultReport Report, ulong Address, byte[] Before);
}
