using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The sums of a sample's pixels that a mean and a variance over several samples or channels are merged from, in one vector of channels:
/// Σ(x − p) and Σ(x − p)², where the pivot p is the mean of a few pixels. One pass over the pixels computes both.
/// </summary>
/// <remarks>
/// The variance of the P pixels is the difference of means (Σ(x − p)² − (Σ(x − p))²/P)/P. A sum of squares about zero would lose all digits
/// where the mean is far from zero. Here the part that is subtracted is (μ − p)² ≤ P/k·σ² for a pivot of k of the pixels, whatever they
/// are, and usually about σ²/k.
/// </remarks>
internal readonly record struct PixelMoments(Vector16 Pivot, Vector16 Sum, Vector16 Squares)
{
    /// <summary>The pixels of a pivot, at equal distances: k.</summary>
    private const int PivotPixels = 8;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe PixelMoments Compute<TLanes>(float* x, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        int few = Math.Min(pixels, PivotPixels);
        Vector16 pivot = default;
        for (int k = 0; k < few; k++)
            pivot += TLanes.Load(x + (nint)((long)pixels * k / few) * channels, lanes);
        pivot /= Vector16.Create(few);

        (Vector16 sum, Vector16 oddSum, Vector16 squares, Vector16 oddSquares) = (default, default, default, default);
        int p = 0;
        for (; p + 1 < pixels; p += 2)
        {
            Vector16 even = TLanes.Load(x + p * channels, lanes) - pivot, odd = TLanes.Load(x + (p + 1) * channels, lanes) - pivot;
            sum += even;
            oddSum += odd;
            squares = Vector16.MultiplyAdd(even, even, squares);
            oddSquares = Vector16.MultiplyAdd(odd, odd, oddSquares);
        }
        if (p < pixels)
        {
            Vector16 last = TLanes.Load(x + p * channels, lanes) - pivot;
            sum += last;
            squares = Vector16.MultiplyAdd(last, last, squares);
        }
        return new PixelMoments(pivot, sum + oddSum, squares + oddSquares);
    }
}
