using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Mean and reciprocal deviation of sixteen channels of one image, in two passes: a variance computed as E[x²] − μ² would lose digits.
/// </summary>
internal static unsafe class InstanceStatistics
{
    public static (Vector16 Mean, Vector16 Reciprocal) Of<TLanes>(float* image, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        Vector16 area = Vector16.Create(pixels), even = default, odd = default;
        int p = 0;
        for (; p + 1 < pixels; p += 2)
        {
            even += TLanes.Load(image + p * channels, lanes);
            odd += TLanes.Load(image + (p + 1) * channels, lanes);
        }
        if (p < pixels)
            even += TLanes.Load(image + p * channels, lanes);
        Vector16 mean = (even + odd) / area;
        (even, odd, p) = (default, default, 0);
        for (; p + 1 < pixels; p += 2)
        {
            Vector16 a = TLanes.Load(image + p * channels, lanes) - mean;
            Vector16 b = TLanes.Load(image + (p + 1) * channels, lanes) - mean;
            even = Vector16.MultiplyAdd(a, a, even);
            odd = Vector16.MultiplyAdd(b, b, odd);
        }
        if (p < pixels)
        {
            Vector16 a = TLanes.Load(image + p * channels, lanes) - mean;
            even = Vector16.MultiplyAdd(a, a, even);
        }
        Vector16 variance = (even + odd) / area;
        return (mean, Vector16.Create(1) / Vector16.Sqrt(variance + Vector16.Create(InstanceNorm.Epsilon)));
    }
}
