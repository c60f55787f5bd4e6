using System.Numerics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>Why a block's turn on a host thread ended.</summary>
internal enum BlockEnd : byte
{
    Done,

    /// <summary>In a whole round, its warps only returned to earlier states: it waits for another block, or forever.</summary>
    Stuck,

    /// <summary>
    /// In a whole round, its warps only read memory that other threads write, or it has run so long that others should run in case it waits
    /// for them.
    /// </summary>
    Tired,
}

/// <summary>
/// Runs blocks one after the other on one host thread: warps in turn, each to its next barrier. A block may be suspended and resumed.
/// </summary>
internal sealed unsafe class BlockRunner : IDisposable
{
    /// <summary>
    /// Barriers between two observations of a block, initially and at most; and the number of barriers that are observed, where the saved
    /// state is renewed at half of them.
    /// </summary>
    private const int FirstWatch = 1 << 9, LongestWatch = 1 << 16, WatchedBarriers = 16;

    private readonly Launch _launch;
    private readonly Warp[] _warps;
    private readonly uint[] _arrived = new uint[16], _waiting = new uint[16];
    private readonly int[] _votes = new int[16], _voters = new int[16];
    private readonly ulong? _seed;
    private readonly int[] _turns;
    private readonly SpinWatch[] _states;
    private int _left, _barriers, _untilWatch;
    private bool _isBack;

    public BlockRunner(Launch launch)
    {
        this._launch = launch;
        int threads = (int)launch.Block.Count;
        _warps = new Warp[(threads + 31) / 32];
        _turns = [.. Enumerable.Range(0, _warps.Length)];
        _states = [.. _warps.Select(_ => new SpinWatch())];
        _seed = launch.Device.Options.OrderSeed;
        Profile = new KernelProfile(launch.Kernel.Sites);
        Watch = new BlockWatch(launch.Device.Options.Checks, launch.Kernel.Sites,
            new FaultIndex(launch.Block.X, launch.Block.Y, launch.Block.Z), launch.Kernel.Shared.Variables(launch.DynamicSharedBytes),
            launch.Kernel.SharedUnitBytes);
        Poisoned = new PoisonedBytes(launch.SharedBytes);
        Shared = (byte*)NativeMemory.AlignedAlloc((nuint)launch.SharedBytes + 256, 256);
        fixed (byte* parameters = launch.Parameters)
        {
            Parameters = (byte*)NativeMemory.AllocZeroed((nuint)launch.Parameters.Length + 16);
            Buffer.MemoryCopy(parameters, Parameters, launch.Parameters.Length, launch.Parameters.Length);
        }

        for (int i = 0; i < _warps.Length; i++)
            _warps[i] = new Warp(this, i, threads - 32 * i >= 32 ? uint.MaxValue : (1u << threads - 32 * i) - 1);
    }

    public Launch Launch => _launch;

    public byte* Shared { get; }

    public byte* Parameters { get; }

    public BlockWatch Watch { get; }

    public KernelProfile Profile { get; }

    /// <summary>The origins of the poison in the block.</summary>
    public PoisonOrigins Origins { get; } = new();

    /// <summary>Poison in shared memory.</summary>
    public PoisonedBytes Poisoned { get; }

    public (uint X, uint Y, uint Z) Block { get; private set; }

    public int WarpCount => _warps.Length;

    /// <summary>The rest of the block's instruction limit.</summary>
    public long Budget { get; set; }

    /// <summary>Whether a part of a warp of the block has been seen to wait for others.</summary>
    public bool HasSpun { get; set; }

    /// <summary>
    /// Whether the block is being observed to determine if it is in a loop with barriers in which it waits for another block: all its warps
    /// arrive at a barrier in the state in which they have been there before.
    /// </summary>
    public bool IsWatched { get; private set; }

    /// <summary>Prepares the runner for a new block.</summary>
    /// <param name="number">The block's number in the grid.</param>
    /// <param name="hasSpun">Whether other blocks of the launch have been seen to wait.</param>
    public void Begin(long number, bool hasSpun = false)
    {
        Block = ((uint)(number % _launch.Grid.X), (uint)(number / _launch.Grid.X % _launch.Grid.Y),
            (uint)(number / _launch.Grid.X / _launch.Grid.Y));
        Watch.Begin(new FaultIndex(Block.X, Block.Y, Block.Z), _launch.SharedBytes);
        Origins.Begin();
        Poisoned.Begin();
        new Span<byte>(Shared, _launch.SharedBytes).Clear();
        Budget = _launch.Device.Options.Checks.HasFlag(FaultChecks.InstructionLimit)
            ? _launch.Device.Options.InstructionLimit : long.MaxValue;
        Array.Clear(_arrived);
        Array.Clear(_waiting);
        Array.Clear(_votes);
        Array.Clear(_voters);
        if (_seed is { } given)
            Permute(given, number);
        (HasSpun, IsWatched, _isBack, _barriers, _untilWatch) = (hasSpun, false, false, 0, FirstWatch);
        foreach (Warp warp in _warps)
            warp.Begin();
        _left = _warps.Length;
    }

    /// <summary>Runs the block from its current state.</summary>
    /// <param name="instructions">Warp instructions after which it is suspended.</param>
    public BlockEnd Run(long instructions = long.MaxValue)
    {
        long least = Budget - Math.Min(instructions, Budget);
        while (_left > 0)
        {
            bool moved = false, circles = true, idle = true;
            foreach (int turn in _turns)
            {
                Warp warp = _warps[turn];
                if (warp.Status != WarpStatus.Ready)
                    continue;
                moved = true;
                warp.Run();
                circles &= warp.IsStuck;
                idle &= warp.IsStuck || warp.IsIdle;
                if (warp.Status == WarpStatus.Done)
                    _left--;
                else if (warp.Status == WarpStatus.Barrier)
                    Arrive(warp);
            }

            if (!moved && _left > 0)
            {
                Warp stuck = _warps.First(warp => warp.Status == WarpStatus.Barrier);
                throw stuck.Fault(
                    FaultKind.PartialBarrier, stuck.BarrierSite, stuck.Lanes, null,
                    $"{BitOperations.PopCount(_arrived[stuck.BarrierId])} of {stuck.BarrierWarps} warps have arrived at barrier "
                    + $"{stuck.BarrierId}, the others have left the kernel or wait elsewhere");
            }

            if (_left > 0 && (circles || _isBack))
            {
                _isBack = false;
                return BlockEnd.Stuck;
            }

            if (_left > 0 && (idle || Budget < least))
                return BlockEnd.Tired;
        }

        return BlockEnd.Done;
    }

    /// <summary>The fault of a block that would make no progress until its instruction limit is used up.</summary>
    public EmulatorException CreateStallFault()
    {
        Warp warp = _warps.First(warp => warp.Status == WarpStatus.Ready);
        (int site, uint mask) = warp.FindStalledLanes();
        EmulatorOptions options = _launch.Device.Options;
        return warp.Fault(FaultKind.InstructionLimit, site, mask, null,
            $"after {options.InstructionLimit - Budget} warp instructions of the block, all threads that can run only "
            + "return to earlier states, "
            + $"so that the limit of {options.InstructionLimit} would be used up: they wait for a change that no thread makes");
    }

    /// <summary>
    /// Ends the observation: the block is not in such a loop, or one of its warps has not arrived at a barrier for a long time.
    /// </summary>
    public void EndWatch() => (IsWatched, _barriers) = (false, 0);

    /// <summary>Adds the warps' counts by segment to the profile.</summary>
    public void Collect()
    {
        foreach (Warp warp in _warps)
            warp.Collect(Profile);
    }

    public void Dispose()
    {
        foreach (Warp warp in _warps)
            warp.Dispose();
        NativeMemory.AlignedFree(Shared);
        NativeMemory.Free(Parameters);
    }

    /// <summary>
    /// The order of a block's warps depends only on the seed and the block, not on the host thread that runs it or on earlier blocks of
    /// that thread.
    /// </summary>
    private void Permute(ulong given, long block)
    {
        for (int i = 0; i < _turns.Length; i++)
            _turns[i] = i;
        new Random((int)((given * 0x9E3779B97F4A7C15 + (ulong)block * 0xD1B54A32D192ED03) >> 33)).Shuffle(_turns);
    }

    /// <summary>A barrier has released all warps.</summary>
    private void WatchBarrier()
    {
        _barriers++;
        if (!IsWatched)
        {
            IsWatched = _barriers >= _untilWatch;
            if (!IsWatched)
                return;
            _barriers = 0;
        }
        else if (_warps.Zip(_states).All(pair => pair.First.IsAsAt(pair.Second)))
        {
            (_isBack, HasSpun, _barriers, _untilWatch) = (true, true, 0, FirstWatch);
            return;
        }
        else if (_barriers >= WatchedBarriers)
        {
            EndWatch();
            _untilWatch = Math.Min(2 * _untilWatch, LongestWatch);
            return;
        }

        if (_barriers is 0 or WatchedBarriers / 2)
        {
            for (int i = 0; i < _warps.Length; i++)
                _warps[i].Keep(_states[i]);
        }
    }

    private void Arrive(Warp warp)
    {
        int id = warp.BarrierId;
        Watch.Arrive(id, warp.Index);
        _arrived[id] |= 1u << warp.Index;
        _votes[id] += BitOperations.PopCount(warp.BarrierVotes);
        _voters[id] += BitOperations.PopCount(warp.Lanes);
        if (warp.BarrierWaits)
            _waiting[id] |= 1u << warp.Index;
        else
            warp.Status = WarpStatus.Ready;
        if (BitOperations.PopCount(_arrived[id]) < warp.BarrierWarps)
            return;
        Watch.Release(id, _waiting[id]);
        for (uint rest = _waiting[id]; rest != 0; rest &= rest - 1)
            _warps[BitOperations.TrailingZeroCount(rest)].Release(_votes[id], _voters[id]);
        if (_launch.Kernel.MayWaitForBlocks && BitOperations.PopCount(_waiting[id]) == _warps.Length)
            WatchBarrier();
        _arrived[id] = _waiting[id] = 0;
        _votes[id] = _voters[id] = 0;
    }
}
