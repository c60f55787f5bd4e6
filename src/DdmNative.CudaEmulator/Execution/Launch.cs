using System.Diagnostics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// One launch of a kernel: its blocks are distributed over host threads, each of which takes the next in order. Of several faults, the one
/// of the first block is thrown. Blocks that may wait for one another run on one host thread; the next one starts when the others wait, up
/// to the number of blocks that the device can hold.
/// </summary>
internal sealed class Launch(EmulatedDevice device, LoadedKernel kernel, Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters)
{
    /// <summary>
    /// Instructions after which a block is suspended in favour of others even if it has not been seen to wait, since the loop in which it
    /// waits may contain barriers. The number decreases each time this happens in a launch.
    /// </summary>
    private const long LongestPatience = 1 << 22, ShortestPatience = 1 << 14;

    /// <summary>How often all blocks on the device must be found to make no progress before they are considered stuck forever.</summary>
    private const int FruitlessRounds = 64;

    private readonly Lock _lock = new();
    private readonly List<(long Order, BlockRunner Runner)> _suspended = [];
    private long _next, _faultAt = long.MaxValue;
    private EmulatorException? _fault;

    public EmulatedDevice Device => device;

    public LoadedKernel Kernel => kernel;

    public Dim3 Grid => grid;

    public Dim3 Block => block;

    public byte[] Parameters => parameters;

    public int SharedBytes => kernel.StaticSharedBytes + dynamicSharedBytes;

    public int DynamicSharedBytes => dynamicSharedBytes;

    /// <summary>The number of blocks that the device can hold at the same time.</summary>
    public int ResidentBlocks =>
        Occupancy.Multiprocessors
        * Math.Max(1, Occupancy.Blocks((int)block.Count, SharedBytes, device.Options.SharedBytesPerMultiprocessor));

    /// <summary>Runs all blocks.</summary>
    public void Run()
    {
        long begin = Stopwatch.GetTimestamp();
        bool inOrder = kernel.UsesAtomics || kernel.MayWaitForBlocks || kernel.CallsSystem;
        int threads = inOrder ? 1 : (int)Math.Min((ulong)device.Options.HostThreads, grid.Count);
        KernelProfile total = new(kernel.Sites);
        try
        {
            if (threads > 1)
                Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunBlocks(total));
            if (_fault is null)
                RunInTurns(total);
        }
        finally
        {
            foreach ((_, BlockRunner runner) in _suspended)
                runner.Dispose();
        }

        if (_fault is not null)
            throw _fault;
        device.Counters.Add(total, (grid.X, grid.Y, grid.Z), (block.X, block.Y, block.Z), dynamicSharedBytes,
            Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <summary>
    /// Runs blocks one after the other, on one of several host threads. Blocks that make no progress are left to <see cref="RunInTurns"/>.
    /// </summary>
    private void RunBlocks(KernelProfile total)
    {
        long count = (long)grid.Count;
        BlockRunner runner = new(this);
        while (true)
        {
            lock (_lock)
            {
                if (_suspended.Count >= ResidentBlocks)
                    break;
            }

            long order = Interlocked.Increment(ref _next) - 1;
            if (order >= count || order > Volatile.Read(ref _faultAt))
                break;
            try
            {
                runner.Begin(Permuted(order, count));
                if (runner.Run() == BlockEnd.Done)
                    continue;
                lock (_lock)
                    _suspended.Add((order, runner));
                runner = new(this);
            }
            catch (EmulatorException found)
            {
                lock (_lock)
                {
                    if (order < _faultAt)
                        (_fault, _faultAt) = (found, order);
                }

                break;
            }
        }

        Finish(runner, total);
    }

    /// <summary>
    /// Runs the remaining blocks on this thread: the suspended blocks in turn, and the next one when one of them makes no progress and
    /// there is room, or when none is left.
    /// </summary>
    private void RunInTurns(KernelProfile total)
    {
        long count = (long)grid.Count, patience = LongestPatience;
        _next = Math.Min(_next, count);
        Queue<(long Order, BlockRunner Runner)> resident = new(_suspended.OrderBy(each => each.Order));
        List<BlockRunner> runners = [.. resident.Select(each => each.Runner)];
        Stack<BlockRunner> spare = new();
        _suspended.Clear();
        bool waits = false, hasSpun = resident.Count > 0;
        int fruitless = 0, room = ResidentBlocks;
        (long Order, BlockRunner Runner) turn = default;
        try
        {
            while (_next < count || resident.Count > 0)
            {
                if (_next < count && (resident.Count == 0 || (waits && resident.Count < room)))
                {
                    if (!spare.TryPop(out BlockRunner? runner))
                        runners.Add(runner = new BlockRunner(this));
                    turn = (_next++, runner);
                    runner.Begin(Permuted(turn.Order, count), hasSpun);
                    fruitless = 0;
                }
                else
                {
                    turn = resident.Dequeue();
                }

                BlockEnd end = turn.Runner.Run(kernel.MayWaitForBlocks && count > 1 ? patience : long.MaxValue);
                waits = end != BlockEnd.Done;
                hasSpun |= waits;
                fruitless = end == BlockEnd.Stuck ? fruitless + 1 : 0;
                if (waits)
                    resident.Enqueue(turn);
                else
                    spare.Push(turn.Runner);
                if (end == BlockEnd.Tired)
                    patience = Math.Max(patience / 2, ShortestPatience);
                if (fruitless > FruitlessRounds * resident.Count && device.Options.Checks.HasFlag(FaultChecks.InstructionLimit))
                {
                    turn = resident.MinBy(each => each.Order);
                    throw turn.Runner.CreateStallFault();
                }
            }
        }
        catch (EmulatorException found)
        {
            (_fault, _faultAt) = (found, turn.Order);
        }
        finally
        {
            foreach (BlockRunner runner in runners)
                Finish(runner, total);
        }
    }

    /// <summary>Adds a runner's counts, and frees its memory.</summary>
    private void Finish(BlockRunner runner, KernelProfile total)
    {
        lock (_lock)
        {
            runner.Collect();
            total.MergeAndClear(runner.Profile);
        }

        runner.Dispose();
    }

    /// <summary>
    /// A permutation of the blocks' numbers: multiplication by a number that has no divisor in common with their count, and a shift.
    /// </summary>
    private long Permuted(long order, long count)
    {
        if (device.Options.OrderSeed is not { } seed || count == 1)
            return order;
        UInt128 factor = (UInt128)(seed * 2 + 1) % (UInt128)count;
        while (Divisor(factor, (UInt128)count) != 1)
            factor = (factor + 1) % (UInt128)count;
        return (long)(((UInt128)order * factor + seed % (ulong)count) % (UInt128)count);
    }

    private static UInt128 Divisor(UInt128 a, UInt128 b) => b == 0 ? a : Divisor(b, a % b);
}
