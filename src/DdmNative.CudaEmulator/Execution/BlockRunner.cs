using System.Numerics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>How a block's time on a host thread ended.</summary>
internal enum BlockEnd : byte
{
    Done,

    /// <summary>In a whole round its warps did nothing but come back to where they were: it waits for another block, or for ever.</summary>
    Stuck,

    /// <summary>
    /// In a whole round its warps did nothing but look at memory that others write, or it has run so long that others should, if it waits
    /// for them.
    /// </summary>
    Tired,
}

/// <summary>
/// Runs blocks one after the other on one host thread: warps in turn, each to its next barrier. A block may be left where it is and taken
/// up again.
/// </summary>
internal sealed unsafe class BlockRunner : IDisposable
{
    /// <summary>
    /// Barriers before a block is watched at some of them, at first and at most; and at how many, the state being renewed at half of them.
    /// </summary>
    private const int FirstWatch = 1 << 9, LongestWatch = 1 << 16, WatchedBarriers = 16;

    private readonly Launch launch;
    private readonly Warp[] warps;
    private readonly uint[] arrived = new uint[16], waiting = new uint[16];
    private readonly int[] votes = new int[16], voters = new int[16];
    private readonly ulong? seed;
    private readonly int[] turns;
    private readonly SpinWatch[] states;
    private int left, barriers, untilWatch;
    private bool isBack;

    public BlockRunner(Launch launch)
    {
        this.launch = launch;
        int threads = (int)launch.Block.Count;
        warps = new Warp[(threads + 31) / 32];
        turns = [.. Enumerable.Range(0, warps.Length)];
        states = [.. warps.Select(_ => new SpinWatch())];
        seed = launch.Device.Options.OrderSeed;
        Profile = new KernelProfile(launch.Kernel.Sites);
        Watch = new BlockWatch(launch.Device.Options.Checks, launch.Kernel.Sites, new FaultIndex(launch.Block.X, launch.Block.Y, launch.Block.Z), launch.Kernel.Shared.Variables(launch.DynamicSharedBytes), launch.Kernel.SharedUnitBytes);
        Poisoned = new PoisonedBytes(launch.SharedBytes);
        Shared = (byte*)NativeMemory.AlignedAlloc((nuint)launch.SharedBytes + 256, 256);
        fixed (byte* parameters = launch.Parameters)
        {
            Parameters = (byte*)NativeMemory.AllocZeroed((nuint)launch.Parameters.Length + 16);
            Buffer.MemoryCopy(parameters, Parameters, launch.Parameters.Length, launch.Parameters.Length);
        }

        for (int i = 0; i < warps.Length; i++)
            warps[i] = new Warp(this, i, threads - 32 * i >= 32 ? uint.MaxValue : (1u << threads - 32 * i) - 1);
    }

    public Launch Launch => launch;

    public byte* Shared { get; }

    public byte* Parameters { get; }

    public BlockWatch Watch { get; }

    public KernelProfile Profile { get; }

    /// <summary>Where the poison came from that is about in the block.</summary>
    public PoisonOrigins Origins { get; } = new();

    /// <summary>Poison in shared memory.</summary>
    public PoisonedBytes Poisoned { get; }

    public (uint X, uint Y, uint Z) Block { get; private set; }

    public int WarpCount => warps.Length;

    /// <summary>What is left of the block's instruction limit.</summary>
    public long Budget { get; set; }

    /// <summary>Whether a part of a warp of the block has been seen to wait for others.</summary>
    public bool HasSpun { get; set; }

    /// <summary>
    /// Whether it is being found out if the block is in a loop with barriers in which it waits for another block: all its warps come to a
    /// barrier in the state in which they have been there before.
    /// </summary>
    public bool IsWatched { get; private set; }

    /// <summary>Puts a block at its begin.</summary>
    /// <param name="number">Of the block in the grid.</param>
    /// <param name="hasSpun">Whether others of the launch have been seen to wait.</param>
    public void Begin(long number, bool hasSpun = false)
    {
        Block = ((uint)(number % launch.Grid.X), (uint)(number / launch.Grid.X % launch.Grid.Y), (uint)(number / launch.Grid.X / launch.Grid.Y));
        Watch.Begin(new FaultIndex(Block.X, Block.Y, Block.Z), launch.SharedBytes);
        Origins.Begin();
        Poisoned.Begin();
        new Span<byte>(Shared, launch.SharedBytes).Clear();
        Budget = launch.Device.Options.Checks.HasFlag(FaultChecks.InstructionLimit) ? launch.Device.Options.InstructionLimit : long.MaxValue;
        Array.Clear(arrived);
        Array.Clear(waiting);
        Array.Clear(votes);
        Array.Clear(voters);
        if (seed is { } given)
            Permute(given, number);
        (HasSpun, IsWatched, isBack, barriers, untilWatch) = (hasSpun, false, false, 0, FirstWatch);
        foreach (Warp warp in warps)
            warp.Begin();
        left = warps.Length;
    }

    /// <summary>Runs the block from where it is.</summary>
    /// <param name="instructions">Warp instructions after which it is tired.</param>
    public BlockEnd Run(long instructions = long.MaxValue)
    {
        long least = Budget - Math.Min(instructions, Budget);
        while (left > 0)
        {
            bool moved = false, circles = true, idle = true;
            foreach (int turn in turns)
            {
                Warp warp = warps[turn];
                if (warp.Status != WarpStatus.Ready)
                    continue;
                moved = true;
                warp.Run();
                circles &= warp.IsStuck;
                idle &= warp.IsStuck || warp.IsIdle;
                if (warp.Status == WarpStatus.Done)
                    left--;
                else if (warp.Status == WarpStatus.Barrier)
                    Arrive(warp);
            }

            if (!moved && left > 0)
            {
                Warp stuck = warps.First(warp => warp.Status == WarpStatus.Barrier);
                throw stuck.Fault(FaultKind.PartialBarrier, stuck.BarrierSite, stuck.Lanes, null, $"{BitOperations.PopCount(arrived[stuck.BarrierId])} of {stuck.BarrierWarps} warps have come to barrier {stuck.BarrierId}, the others have left the kernel or wait elsewhere");
            }

            if (left > 0 && (circles || isBack))
            {
                isBack = false;
                return BlockEnd.Stuck;
            }

            if (left > 0 && (idle || Budget < least))
                return BlockEnd.Tired;
        }

        return BlockEnd.Done;
    }

    /// <summary>The fault of a block that would be stuck until its instructions are used up.</summary>
    public EmulatorException Endless()
    {
        Warp warp = warps.First(warp => warp.Status == WarpStatus.Ready);
        (int site, uint mask) = warp.Stuck();
        EmulatorOptions options = launch.Device.Options;
        return warp.Fault(FaultKind.InstructionLimit, site, mask, null,
            $"after {options.InstructionLimit - Budget} warp instructions of the block all that can run only comes back to where it was, "
            + $"so that the {options.InstructionLimit} of the limit would be used up: it waits for what no thread changes");
    }

    /// <summary>The block is in no such loop, or one of its warps has not come to a barrier for long.</summary>
    public void EndWatch() => (IsWatched, barriers) = (false, 0);

    /// <summary>Adds what the warps counted by segment to the profile.</summary>
    public void Collect()
    {
        foreach (Warp warp in warps)
            warp.Collect(Profile);
    }

    public void Dispose()
    {
        foreach (Warp warp in warps)
            warp.Dispose();
        NativeMemory.AlignedFree(Shared);
        NativeMemory.Free(Parameters);
    }

    /// <summary>The order of a block's warps comes from the seed and the block alone, whichever host thread runs it and whatever that ran before.</summary>
    private void Permute(ulong given, long block)
    {
        for (int i = 0; i < turns.Length; i++)
            turns[i] = i;
        new Random((int)((given * 0x9E3779B97F4A7C15 + (ulong)block * 0xD1B54A32D192ED03) >> 33)).Shuffle(turns);
    }

    /// <summary>All warps have been let go by a barrier.</summary>
    private void WatchBarrier()
    {
        barriers++;
        if (!IsWatched)
        {
            IsWatched = barriers >= untilWatch;
            if (!IsWatched)
                return;
            barriers = 0;
        }
        else if (warps.Zip(states).All(pair => pair.First.IsAsAt(pair.Second)))
        {
            (isBack, HasSpun, barriers, untilWatch) = (true, true, 0, FirstWatch);
            return;
        }
        else if (barriers >= WatchedBarriers)
        {
            EndWatch();
            untilWatch = Math.Min(2 * untilWatch, LongestWatch);
            return;
        }

        if (barriers is 0 or WatchedBarriers / 2)
        {
            for (int i = 0; i < warps.Length; i++)
                warps[i].Keep(states[i]);
        }
    }

    private void Arrive(Warp warp)
    {
        int id = warp.BarrierId;
        Watch.Arrive(id, warp.Index);
        arrived[id] |= 1u << warp.Index;
        votes[id] += BitOperations.PopCount(warp.BarrierVotes);
        voters[id] += BitOperations.PopCount(warp.Lanes);
        if (warp.BarrierWaits)
            waiting[id] |= 1u << warp.Index;
        else
            warp.Status = WarpStatus.Ready;
        if (BitOperations.PopCount(arrived[id]) < warp.BarrierWarps)
            return;
        Watch.Release(id, waiting[id]);
        for (uint rest = waiting[id]; rest != 0; rest &= rest - 1)
            warps[BitOperations.TrailingZeroCount(rest)].Release(votes[id], voters[id]);
        if (launch.Kernel.MayWaitForBlocks && BitOperations.PopCount(waiting[id]) == warps.Length)
            WatchBarrier();
        arrived[id] = waiting[id] = 0;
        votes[id] = voters[id] = 0;
    }
}
