using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>Sixteen channels of an image's pixels, read or computed on the way.</summary>
internal interface IPixels
{
    /// <summary>The pixel <paramref name="offset"/> floats after the image's first.</summary>
    Vector512<float> At(nint offset);
}

/// <summary>The sum over one pooling window.</summary>
internal static class WindowSum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Compute<TPixels>(TPixels pixels, int window, nint corner, nint row, nint pixel)
        where TPixels : struct, IPixels
    {
        if (window == 2)
            return (pixels.At(corner) + pixels.At(corner + pixel)) + (pixels.At(corner + row) + pixels.At(corner + row + pixel));
        Vector512<float> sum = default;
        for (int i = 0; i < window; i++)
            for (int j = 0; j < window; j++)
                sum += pixels.At(corner + i * row + j * pixel);
        return sum;
    }
}
