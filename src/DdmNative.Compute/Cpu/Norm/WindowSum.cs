using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>A vector of channels of an image's pixels, read or computed on the way.</summary>
internal interface IPixels<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>The pixel <paramref name="offset"/> floats after the image's first.</summary>
    TVector At(nint offset);
}

/// <summary>The sum over one pooling window.</summary>
internal static class WindowSum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Compute<TVector, TPixels>(TPixels pixels, int window, nint corner, nint row, nint pixel)
        where TVector : unmanaged, IVector<TVector>
        where TPixels : struct, IPixels<TVector>
    {
        if (window == 2)
            return (pixels.At(corner) + pixels.At(corner + pixel)) + (pixels.At(corner + row) + pixels.At(corner + row + pixel));
        TVector sum = default;
        for (int i = 0; i < window; i++)
            for (int j = 0; j < window; j++)
                sum += pixels.At(corner + i * row + j * pixel);
        return sum;
    }
}
