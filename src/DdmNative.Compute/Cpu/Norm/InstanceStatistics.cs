using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Mean and reciprocal deviation of sixteen channels of one image, in two passes: a variance computed as E[x²] − μ² would lose digits.
/// </summary>
internal static unsafe class InstanceStatistics
{
    public static (Vector512<float> Mean, Vector512<float> Reciprocal) Of<TLanes>(float* image, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess
    {
        Vector512<float> area = Vector512.Create((float)pixels), even = default, odd = default;
        int p = 0;
        for (; p + 1 < pixels; p += 2)
        {
            even += TLanes.Load(image + p * channels, lanes);
            odd += TLanes.Load(image + (p + 1) * channels, lanes);
        }
        if (p < pixels)
            even += TLanes.Load(image + p * channels, lanes);
        Vector512<float> mean = (even + odd) / area;
        (even, odd, p) = (default, default, 0);
        for (; p + 1 < pixels; p += 2)
        {
            Vector512<float> a = TLanes.Load(image + p * channels, lanes) - mean;
            Vector512<float> b = TLanes.Load(image + (p + 1) * channels, lanes) - mean;
            even = Vector512.MultiplyAddEstimate(a, a, even);
            odd = Vector512.MultiplyAddEstimate(b, b, odd);
        }
        if (p < pixels)
        {
            Vector512<float> a = TLanes.Load(image + p * channels, lanes) - mean;
            even = Vector512.MultiplyAddEstimate(a, a, even);
        }
        Vector512<float> variance = (even + odd) / area;
        return (mean, Vector512<float>.One / Vector512.Sqrt(variance + Vector512.Create(InstanceNorm.Epsilon)));
    }
}
