using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Stores that bypass the caches. An ordinary store first reads its cache line, so that a result larger than the caches moves twice its
/// length through the memory; these move it once. A line must be written whole.
/// </summary>
internal static unsafe class StreamedRow
{
    private const int LineFloats = 16;

    /// <summary>Copies a row; the parts of lines at its ends are stored through the caches.</summary>
    public static void Store(float* source, float* target, int length)
    {
        int i = Math.Min(length, (int)(-((nint)target / sizeof(float)) & (LineFloats - 1)));
        new ReadOnlySpan<float>(source, i).CopyTo(new Span<float>(target, i));
        for (; i + LineFloats <= length; i += LineFloats)
        {
            Vector256<float> first = Vector256.Load(source + i), second = Vector256.Load(source + i + Vector256<float>.Count);
            first.StoreAlignedNonTemporal(target + i);
            second.StoreAlignedNonTemporal(target + i + Vector256<float>.Count);
        }
        new ReadOnlySpan<float>(source + i, length - i).CopyTo(new Span<float>(target + i, length - i));
    }

    /// <summary>
    /// Makes the rows visible to other threads, which otherwise may see them later than what this thread stores afterwards. It waits for
    /// the memory, so it is called once for many rows.
    /// </summary>
    public static void Complete()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
    }
}
