using System.Numerics;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>The cost of one instruction's requests to one kind of memory.</summary>
internal struct AccessTotals
{
    /// <summary>Executions with at least one lane.</summary>
    public long Requests;

    /// <summary>Sectors, or wavefronts.</summary>
    public long Transactions;

    public long Ideal;

    /// <summary>Requests that took no more than the ideal.</summary>
    public long AtIdeal;

    /// <summary>Bytes requested by all lanes together.</summary>
    public long Bytes;

    public void Add(AccessCost cost, long bytes)
    {
        Requests++;
        Transactions += cost.Transactions;
        Ideal += cost.Ideal;
        AtIdeal += cost.Transactions <= cost.Ideal ? 1 : 0;
        Bytes += bytes;
    }

    public void Add(in AccessTotals other)
    {
        Requests += other.Requests;
        Transactions += other.Transactions;
        Ideal += other.Ideal;
        AtIdeal += other.AtIdeal;
        Bytes += other.Bytes;
    }
}

/// <summary>Both memories that an instruction can access: <c>cp.async</c> accesses both at once, a generic address one of them.</summary>
internal sealed class AccessProfile
{
    public AccessTotals Global;
    public AccessTotals Shared;

    private AccessPatternMemo? _globalPattern, _sharedPattern;

    /// <summary>Of addresses in global memory; most instructions need only one of these, and few launches need all.</summary>
    public AccessPatternMemo GlobalPattern => _globalPattern ??= new();

    public AccessPatternMemo SharedPattern => _sharedPattern ??= new();
}

/// <summary>
/// The raw counts of a kernel by site, one instance for each host thread that runs blocks; merged when the launch ends. Only these are
/// counted while running; everything else is derived by <see cref="CounterTotals"/>.
/// </summary>
internal sealed class KernelProfile
{
    public KernelProfile(KernelSites sites)
    {
        Sites = sites;
        int count = sites.Instructions.Count;
        Warps = new long[count];
        Lanes = new long[count];
        Divergences = new long[count];
        Accesses = [.. Enumerable.Range(0, sites.AccessCount).Select(_ => new AccessProfile())];
    }

    public KernelSites Sites { get; }

    /// <summary>By site: how often a warp executed it.</summary>
    public long[] Warps { get; }

    /// <summary>By site: how many lanes executed it, summed over its executions; lanes whose guard is false do not count.</summary>
    public long[] Lanes { get; }

    /// <summary>By site: how often a branch made a warp diverge.</summary>
    public long[] Divergences { get; }

    /// <summary>By <see cref="KernelSites.Accesses"/>.</summary>
    public AccessProfile[] Accesses { get; }

    public SectorFootprint Loaded { get; } = new();

    public SectorFootprint Stored { get; } = new();

    /// <summary>Counts a request to global memory with arbitrary addresses.</summary>
    public void CountGlobal(int site, ReadOnlySpan<ulong> addresses, uint mask, int bytes, bool loads, bool stores)
    {
        AccessProfile access = Accesses[Sites.Accesses[site]];
        access.Global.Add(access.GlobalPattern.Sectors(addresses, mask, bytes), (long)BitOperations.PopCount(mask) * bytes);
        if (loads)
            Loaded.Touch(addresses, mask, bytes);
        if (stores)
            Stored.Touch(addresses, mask, bytes);
    }

    /// <summary>Counts a request to global memory whose lanes are adjacent.</summary>
    public void CountGlobalRow(int site, ulong address, int totalBytes, bool loads, bool stores)
    {
        Accesses[Sites.Accesses[site]].Global.Add(SectorCounter.CountRow(address, totalBytes), totalBytes);
        if (loads)
            Loaded.Touch(address, totalBytes);
        if (stores)
            Stored.Touch(address, totalBytes);
    }

    /// <summary>Counts a request to global memory whose lanes all access one address, within one sector.</summary>
    public void CountGlobalPlace(int site, ulong address, int bytes, int lanes, bool loads, bool stores)
    {
        Accesses[Sites.Accesses[site]].Global.Add(new(1, 1), (long)lanes * bytes);
        if (loads)
            Loaded.Touch(address, bytes);
        if (stores)
            Stored.Touch(address, bytes);
    }

    /// <summary>Counts a request to shared memory.</summary>
    public void CountShared(int site, ReadOnlySpan<ulong> addresses, uint mask, int bytes)
    {
        AccessProfile access = Accesses[Sites.Accesses[site]];
        access.Shared.Add(access.SharedPattern.Wavefronts(addresses, mask, bytes), (long)BitOperations.PopCount(mask) * bytes);
    }

    /// <summary>
    /// Counts a request to shared memory of all 32 lanes, which are adjacent or all at one address: each phase (32 lanes of 4 bytes, 16 of
    /// 8, 8 of 16) takes one wavefront.
    /// </summary>
    public void CountSharedRow(int site, int bytes)
    {
        int phases = Math.Max(1, bytes / 4);
        Accesses[Sites.Accesses[site]].Shared.Add(new(phases, phases), 32L * bytes);
    }

    /// <summary>Adds the counts of another host thread, and clears them there.</summary>
    public void MergeAndClear(KernelProfile other)
    {
        Add(other);
        other.Clear();
    }

    /// <summary>Adds all counts; the footprints are merged.</summary>
    public void Add(KernelProfile other)
    {
        Sum(Warps, other.Warps);
        Sum(Lanes, other.Lanes);
        Sum(Divergences, other.Divergences);
        for (int i = 0; i < Accesses.Length; i++)
        {
            Accesses[i].Global.Add(other.Accesses[i].Global);
            Accesses[i].Shared.Add(other.Accesses[i].Shared);
        }

        Loaded.Merge(other.Loaded);
        Stored.Merge(other.Stored);
    }

    public void Clear()
    {
        Array.Clear(Warps);
        Array.Clear(Lanes);
        Array.Clear(Divergences);
        foreach (AccessProfile access in Accesses)
        {
            access.Global = default;
            access.Shared = default;
        }

        Loaded.Clear();
        Stored.Clear();
    }

    private static void Sum(long[] target, long[] source)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] += source[i];
    }
}
