using System.Diagnostics;
using DdmNative.CudaEmulator.Counters;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>One launch of a kernel: its blocks spread over host threads, each of which takes the next in order. Of several faults the one of the first block is thrown.</summary>
internal sealed class Launch(EmulatedDevice device, LoadedKernel kernel, Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters)
{
    private readonly Lock door = new();
    private long next, faultAt = long.MaxValue;
    private EmulatorException? fault;

    public EmulatedDevice Device => device;

    public LoadedKernel Kernel => kernel;

    public Dim3 Grid => grid;

    public Dim3 Block => block;

    public byte[] Parameters => parameters;

    public int SharedBytes => kernel.StaticSharedBytes + dynamicSharedBytes;

    public int DynamicSharedBytes => dynamicSharedBytes;

    /// <summary>Runs all blocks.</summary>
    public void Run()
    {
        long begin = Stopwatch.GetTimestamp();
        int threads = kernel.UsesAtomics || kernel.CallsSystem ? 1 : (int)Math.Min((ulong)device.Options.HostThreads, grid.Count);
        KernelProfile total = new(kernel.Sites);
        if (threads == 1)
            RunBlocks(total);
        else
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunBlocks(total));
        if (fault is not null)
            throw fault;
        device.Counters.Add(total, (grid.X, grid.Y, grid.Z), (block.X, block.Y, block.Z), dynamicSharedBytes, Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    private void RunBlocks(KernelProfile total)
    {
        using BlockRunner runner = new(this);
        long count = (long)grid.Count;
        while (true)
        {
            long order = Interlocked.Increment(ref next) - 1;
            if (order >= count || order > Volatile.Read(ref faultAt))
                break;
            try
            {
                runner.Run(Permuted(order, count));
            }
            catch (EmulatorException found)
            {
                lock (door)
                {
                    if (order < faultAt)
                        (fault, faultAt) = (found, order);
                }

                break;
            }
        }

        lock (door)
        {
            runner.Collect();
            total.Take(runner.Profile);
        }
    }

    /// <summary>A permutation of the blocks' numbers: multiplication by what has no divisor in common with their count, and a shift.</summary>
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
