using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Sums of products over long vectors, in an order that does not depend on alignment: by lanes, added to a float64 every few thousand
/// terms.
/// </summary>
internal static unsafe class VectorSum
{
    /// <summary>Terms between two additions to the float64.</summary>
    public const int ChunkLength = 4096;

    /// <summary>⟨a, b⟩.</summary>
    public static double Dot(float* a, float* b, long length)
    {
        double total = 0;
        for (long start = 0; start < length; start += ChunkLength)
            total += DotOfChunk(a + start, b + start, (int)Math.Min(ChunkLength, length - start));
        return total;
    }

    /// <summary>‖a − b‖².</summary>
    public static double SquaredDistance(float* a, float* b, long length)
    {
        double total = 0;
        for (long start = 0; start < length; start += ChunkLength)
            total += SquaredDistanceOfChunk(a + start, b + start, (int)Math.Min(ChunkLength, length - start));
        return total;
    }

    // A rest is added by a method that is called last: no sum is live after the call, so that the loops keep the sums in registers.
    private static float DotOfChunk(float* a, float* b, int count)
    {
        Vector512<float> even = default, odd = default;
        int i = 0;
        for (; i + 2 * LanePart.Lanes <= count; i += 2 * LanePart.Lanes)
        {
            even = Vector512.MultiplyAddEstimate(Vector512.Load(a + i), Vector512.Load(b + i), even);
            odd = Vector512.MultiplyAddEstimate(Vector512.Load(a + i + LanePart.Lanes), Vector512.Load(b + i + LanePart.Lanes), odd);
        }
        if (i + LanePart.Lanes <= count)
        {
            even = Vector512.MultiplyAddEstimate(Vector512.Load(a + i), Vector512.Load(b + i), even);
            i += LanePart.Lanes;
        }
        return i < count ? DotWithRest(even, odd, a + i, b + i, count - i) : Vector512.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float DotWithRest(Vector512<float> even, Vector512<float> odd, float* a, float* b, int count)
        => Vector512.Sum(Vector512.MultiplyAddEstimate(LanePart.Load(a, count), LanePart.Load(b, count), even) + odd);

    private static float SquaredDistanceOfChunk(float* a, float* b, int count)
    {
        Vector512<float> sum = default;
        int i = 0;
        for (; i + LanePart.Lanes <= count; i += LanePart.Lanes)
        {
            Vector512<float> difference = Vector512.Load(a + i) - Vector512.Load(b + i);
            sum = Vector512.MultiplyAddEstimate(difference, difference, sum);
        }
        return i < count ? SquaredDistanceWithRest(sum, a + i, b + i, count - i) : Vector512.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float SquaredDistanceWithRest(Vector512<float> sum, float* a, float* b, int count)
    {
        Vector512<float> difference = LanePart.Load(a, count) - LanePart.Load(b, count);
        return Vector512.Sum(Vector512.MultiplyAddEstimate(difference, difference, sum));
    }
}
