using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds the maxima of sixteen channels of a window by comparing its pixels in row-major order. Beside each maximum it keeps a value that
/// belongs to the maximum's pixel: the maximum itself, its tangent, or its position.
/// </summary>
internal static unsafe class WindowMaximum
{
    /// <param name="x">The image's first pixel.</param>
    /// <param name="values">The value of each pixel.</param>
    /// <param name="window">The pixels that are compared.</param>
    /// <param name="row">Floats from one row of the image to the next.</param>
    /// <param name="pixel">Floats from one pixel to the next.</param>
    /// <param name="lanes">Channels.</param>
    /// <returns>The value of each channel's maximum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Find<TLanes, TValues>(float* x, TValues values, in ImageWindow window, nint row, nint pixel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
        where TValues : struct, IPixels<Vector16>
    {
        nint corner = window.FirstRow * row + window.FirstColumn * pixel;
        Vector16 maximum = TLanes.Load(x + corner, lanes), found = values.At(corner);
        if (window.IsPair)
        {
            Compare<TLanes, TValues>(x, values, corner + pixel, lanes, ref maximum, ref found);
            Compare<TLanes, TValues>(x, values, corner + row, lanes, ref maximum, ref found);
            Compare<TLanes, TValues>(x, values, corner + row + pixel, lanes, ref maximum, ref found);
            return found;
        }
        // The first pixel is compared with itself, which changes nothing.
        for (int i = window.FirstRow; i < window.EndRow; i++)
            for (int j = window.FirstColumn; j < window.EndColumn; j++)
                Compare<TLanes, TValues>(x, values, i * row + j * pixel, lanes, ref maximum, ref found);
        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Compare<TLanes, TValues>(float* x, TValues values, nint at, int lanes, ref Vector16 maximum, ref Vector16 found)
        where TLanes : struct, ILaneAccess<Vector16>
        where TValues : struct, IPixels<Vector16>
    {
        Vector16 candidate = TLanes.Load(x + at, lanes);
        Vector16 isAbove = Vector16.IsAboveOrNaN(candidate, maximum);
        maximum = Vector16.Select(isAbove, candidate, maximum);
        found = Vector16.Select(isAbove, values.At(at), found);
    }
}
