using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>The measured peak performance of this machine, with which kernels are compared.</summary>
/// <param name="Threads">Threads that worked at once.</param>
/// <param name="FlopsPerSecond">Of independent multiply–adds in registers, all threads together; a multiply–add is two.</param>
/// <param name="BytesPerSecond">Read and written by y ← a + b on blocks that stay in each core's second-level cache, all threads
/// together.</param>
public sealed record MachinePeak(int Threads, double FlopsPerSecond, double BytesPerSecond)
{
    private const int Rounds = 5;
    private const int MultiplyAddsInFlight = 12;
    private const int Repeats = 1_000_000;

    private const int Arrays = 3;

    /// <summary>Floats that one step of the stream adds.</summary>
    private const int StepFloats = 64;

    private const long StreamedBytes = 176L << 20;

    /// <summary>Keeps the chains' values from growing or vanishing.</summary>
    private const float AlmostOne = 1 - 1e-6f;

    /// <summary>Measures both, the best of a few rounds each; a fraction of a second.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is below one.</exception>
    public static MachinePeak Measure(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        // Half of the second-level cache, which exceeds the first-level cache.
        long floats = CpuCaches.Read().SecondLevelBytes / 2 / Arrays / sizeof(float);
        return new MachinePeak(threads, Best(threads, MultiplyAdds), Best(threads, () => Stream(floats / StepFloats * StepFloats)));
    }

    /// <summary>The least time, in seconds, of a kernel with these flops and bytes.</summary>
    public double LeastSeconds(double flops, double bytes) => Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);

    /// <summary>The highest rate of all threads together, from the start of the first until the end of the last.</summary>
    private static double Best(int threads, Func<double> work)
    {
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            using var barrier = new Barrier(threads);
            var done = new (double Work, long Started, long Ended)[threads];
            Thread[] helpers = [.. Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                barrier.SignalAndWait();
                long started = Stopwatch.GetTimestamp();
                done[i] = (work(), started, Stopwatch.GetTimestamp());
            }))];
            foreach (Thread helper in helpers)
                helper.Start();
            foreach (Thread helper in helpers)
                helper.Join();
            double seconds = Stopwatch.GetElapsedTime(done.Min(part => part.Started), done.Max(part => part.Ended)).TotalSeconds;
            best = Math.Max(best, done.Sum(part => part.Work) / seconds);
        }
        return best;
    }

    private static double MultiplyAdds()
    {
        bool wide = Vector512.IsHardwareAccelerated;
        float result = wide ? Wide(AlmostOne, Repeats) : Narrow(AlmostOne, Repeats);
        GC.KeepAlive(result);
        return 2.0 * MultiplyAddsInFlight * Repeats * (wide ? Vector512<float>.Count : Vector256<float>.Count);
    }

    private static unsafe double Stream(long floats)
    {
        using var memory = new AlignedMemory(Arrays * floats);
        float* a = memory.Start, b = a + floats, y = b + floats;
        long sweeps = StreamedBytes / (Arrays * floats * sizeof(float));
        for (long sweep = 0; sweep < sweeps; sweep++)
            for (long i = 0; i < floats; i += StepFloats)
            {
                (Vector512.Load(a + i) + Vector512.Load(b + i)).Store(y + i);
                (Vector512.Load(a + i + 16) + Vector512.Load(b + i + 16)).Store(y + i + 16);
                (Vector512.Load(a + i + 32) + Vector512.Load(b + i + 32)).Store(y + i + 32);
                (Vector512.Load(a + i + 48) + Vector512.Load(b + i + 48)).Store(y + i + 48);
            }
        return (double)sweeps * Arrays * floats * sizeof(float);
    }

    /// <summary>Twelve chains: two units of latency four need eight at least. Named locals stay in registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Wide(float factor, int repeats)
    {
        Vector512<float> f = Vector512.Create(factor), s = Vector512.Create(1e-7f);
        Vector512<float> a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f, l = f, m = f;
        for (int n = 0; n < repeats; n++)
        {
            a = Vector512.MultiplyAddEstimate(a, f, s);
            b = Vector512.MultiplyAddEstimate(b, f, s);
            c = Vector512.MultiplyAddEstimate(c, f, s);
            d = Vector512.MultiplyAddEstimate(d, f, s);
            e = Vector512.MultiplyAddEstimate(e, f, s);
            g = Vector512.MultiplyAddEstimate(g, f, s);
            h = Vector512.MultiplyAddEstimate(h, f, s);
            i = Vector512.MultiplyAddEstimate(i, f, s);
            j = Vector512.MultiplyAddEstimate(j, f, s);
            k = Vector512.MultiplyAddEstimate(k, f, s);
            l = Vector512.MultiplyAddEstimate(l, f, s);
            m = Vector512.MultiplyAddEstimate(m, f, s);
        }
        return Vector512.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }

    /// <inheritdoc cref="Wide"/>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Narrow(float factor, int repeats)
    {
        Vector256<float> f = Vector256.Create(factor), s = Vector256.Create(1e-7f);
        Vector256<float> a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f, l = f, m = f;
        for (int n = 0; n < repeats; n++)
        {
            a = Vector256.FusedMultiplyAdd(a, f, s);
            b = Vector256.FusedMultiplyAdd(b, f, s);
            c = Vector256.FusedMultiplyAdd(c, f, s);
            d = Vector256.FusedMultiplyAdd(d, f, s);
            e = Vector256.FusedMultiplyAdd(e, f, s);
            g = Vector256.FusedMultiplyAdd(g, f, s);
            h = Vector256.FusedMultiplyAdd(h, f, s);
            i = Vector256.FusedMultiplyAdd(i, f, s);
            j = Vector256.FusedMultiplyAdd(j, f, s);
            k = Vector256.FusedMultiplyAdd(k, f, s);
            l = Vector256.FusedMultiplyAdd(l, f, s);
            m = Vector256.FusedMultiplyAdd(m, f, s);
        }
        return Vector256.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }
}
