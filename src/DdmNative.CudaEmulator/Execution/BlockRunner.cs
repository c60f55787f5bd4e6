using System.Numerics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>Runs blocks one after the other on one host thread: warps in turn, each to its next barrier.</summary>
internal sealed unsafe class BlockRunner : IDisposable
{
    private readonly Launch launch;
    private readonly Warp[] warps;
    private readonly uint[] arrived = new uint[16], waiting = new uint[16];
    private readonly int[] votes = new int[16], voters = new int[16];
    private readonly ulong? seed;
    private readonly int[] turns;

    public BlockRunner(Launch launch)
    {
        this.launch = launch;
        int threads = (int)launch.Block.Count;
        warps = new Warp[(threads + 31) / 32];
        turns = [.. Enumerable.Range(0, warps.Length)];
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

    public void Run(long number)
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
        foreach (Warp warp in warps)
            warp.Begin();
        for (int left = warps.Length; left > 0;)
        {
            bool moved = false;
            foreach (int turn in turns)
            {
                Warp warp = warps[turn];
                if (warp.Status != WarpStatus.Ready)
                    continue;
                moved = true;
                warp.Run();
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
        }
    }

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
        arrived[id] = waiting[id] = 0;
        votes[id] = voters[id] = 0;
    }
}
