namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// The peak rates in a GPU's data sheet: operations and bytes per second; matrix rates are dense, without sparsity. The clock is the boost
/// clock, in Hz.
/// </summary>
public sealed record GpuDataSheet(string Name, double Fp32, double Fp64, double MatrixTf32, double MatrixHalf, double Bandwidth,
    int Multiprocessors, double Clock)
{
    /// <summary>
    /// NVIDIA A100 Tensor Core GPU data sheet (SXM 80 GB); H100 Tensor Core GPU data sheet (SXM5); L4 Tensor Core GPU data sheet, and the
    /// Ada architecture whitepaper for its clock; Ada architecture whitepaper (GeForce RTX 4090). Rates that the sheets give with sparsity
    /// are halved.
    /// </summary>
    public static IReadOnlyList<GpuDataSheet> Known { get; } =
    [
        new("A100 SXM 80 GB", 19.5e12, 9.7e12, 156e12, 312e12, 2.039e12, 108, 1.41e9),
        new("H100 SXM", 66.9e12, 33.5e12, 494.7e12, 989.4e12, 3.35e12, 132, 1.98e9),
        new("L4", 30.3e12, 0.49e12, 60e12, 121e12, 0.3e12, 58, 2.04e9),
        new("RTX 4090", 82.6e12, 1.29e12, 82.6e12, 165.2e12, 1.008e12, 128, 2.52e9),
    ];
}

/// <summary>
/// The minimum time, in seconds, that a GPU needs for the work of a kernel (Williams, Waterman, Patterson, Roofline, 2009): the longer of
/// its arithmetic at peak rate and its least traffic at full bandwidth. In addition, the minimum time for instruction issue (four warp
/// instructions per cycle and multiprocessor) and for shared memory (one wavefront per cycle and multiprocessor) when all multiprocessors
/// are busy.
/// </summary>
public sealed record Roofline(string Gpu, double Seconds, string Bound, double ComputeSeconds, double MemorySeconds, double IssueSeconds,
    double SharedSeconds)
{
    /// <param name="gpu">The GPU.</param>
    /// <param name="totals">The work that was executed.</param>
    /// <param name="leastBytes">The minimum number of bytes that move between memory and chip.</param>
    public static Roofline Compute(GpuDataSheet gpu, CounterTotals totals, long leastBytes)
    {
        FloatingPointWork work = totals.Work;
        // Different units can work at the same time, so this is the longest time and not the sum.
        double compute = new[] { work.Fp32 / gpu.Fp32, work.Fp64 / gpu.Fp64, work.MatrixTf32 / gpu.MatrixTf32,
            work.MatrixHalf / gpu.MatrixHalf }.Max();
        double memory = leastBytes / gpu.Bandwidth, cycles = gpu.Multiprocessors * gpu.Clock;
        return new(
            gpu.Name, Math.Max(compute, memory), compute >= memory ? "compute" : "memory", compute, memory,
            totals.WarpInstructions / (4 * cycles), totals.SharedWavefronts / cycles);
    }
}
