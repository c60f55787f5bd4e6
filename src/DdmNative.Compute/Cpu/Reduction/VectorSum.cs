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
        {
            int count = (int)Math.Min(ChunkLength, length - start);
            Vector512<float> even = default, odd = default;
            int i = 0;
            for (; i + 2 * LanePart.Lanes <= count; i += 2 * LanePart.Lanes)
            {
                even = Vector512.MultiplyAddEstimate(Vector512.Load(a + start + i), Vector512.Load(b + start + i), even);
                odd = Vector512.MultiplyAddEstimate(Vector512.Load(a + start + i + LanePart.Lanes),
                    Vector512.Load(b + start + i + LanePart.Lanes), odd);
            }
            for (; i + LanePart.Lanes <= count; i += LanePart.Lanes)
                even = Vector512.MultiplyAddEstimate(Vector512.Load(a + start + i), Vector512.Load(b + start + i), even);
            if (i < count)
                even = Vector512.MultiplyAddEstimate(LanePart.Load(a + start + i, count - i), LanePart.Load(b + start + i, count - i),
                    even);
            total += Vector512.Sum(even + odd);
        }
        return total;
    }

    /// <summary>‖a − b‖².</summary>
    public static double SquaredDistance(float* a, float* b, long length)
    {
        double total = 0;
        for (long start = 0; start < length; start += ChunkLength)
        {
            int count = (int)Math.Min(ChunkLength, length - start);
            Vector512<float> sum = default;
            int i = 0;
            for (; i + LanePart.Lanes <= count; i += LanePart.Lanes)
            {
                Vector512<float> difference = Vector512.Load(a + start + i) - Vector512.Load(b + start + i);
                sum = Vector512.MultiplyAddEstimate(difference, difference, sum);
            }
            if (i < count)
            {
                Vector512<float> difference = LanePart.Load(a + start + i, count - i) - LanePart.Load(b + start + i, count - i);
                sum = Vector512.MultiplyAddEstimate(difference, difference, sum);
            }
            total += Vector512.Sum(sum);
        }
        return total;
    }
}
