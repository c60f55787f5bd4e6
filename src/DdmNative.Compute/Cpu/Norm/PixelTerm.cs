using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// What one operand contributes to a result of a norm, pixel by pixel: factor·(value − centre) in one vector of channels. Once its means
/// are known, every result of a norm is a sum of such terms of x, ẋ, δ and δ̇ and an offset: few vectors stay in registers, and each
/// operand is read once.
/// </summary>
internal readonly unsafe struct PixelTerm(float* values, Vector16 factor, Vector16 centre = default)
{
    private readonly float* _values = values;
    private readonly Vector16 _factor = factor;
    private readonly Vector16 _centre = centre;

    /// <summary>Writes a + offset to a sample's pixels, which are <paramref name="channels"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Write<TLanes>(in PixelTerm a, Vector16 offset, float* result, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        // The compiler keeps the fields of a local in registers, those of a parameter in memory.
        (PixelTerm first, Vector16 start) = (a, offset);
        for (nint p = 0; p < pixels * channels; p += channels)
            TLanes.Store(first.AddTo<TLanes>(start, p, lanes), result + p, lanes);
    }

    /// <summary>Writes a + b + offset.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Write<TLanes>(
        in PixelTerm a, in PixelTerm b, Vector16 offset, float* result, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        (PixelTerm first, PixelTerm second, Vector16 start) = (a, b, offset);
        for (nint p = 0; p < pixels * channels; p += channels)
            TLanes.Store(first.AddTo<TLanes>(second.AddTo<TLanes>(start, p, lanes), p, lanes), result + p, lanes);
    }

    /// <summary>Writes a + b + c + d + offset.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Write<TLanes>(
        in PixelTerm a, in PixelTerm b, in PixelTerm c, in PixelTerm d, Vector16 offset, float* result, int pixels, nint channels,
        int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        (PixelTerm first, PixelTerm second, PixelTerm third, PixelTerm fourth, Vector16 start) = (a, b, c, d, offset);
        for (nint p = 0; p < pixels * channels; p += channels)
        {
            Vector16 sum = third.AddTo<TLanes>(fourth.AddTo<TLanes>(start, p, lanes), p, lanes);
            TLanes.Store(first.AddTo<TLanes>(second.AddTo<TLanes>(sum, p, lanes), p, lanes), result + p, lanes);
        }
    }

    /// <summary>Writes zeros.</summary>
    public static void Clear<TLanes>(float* result, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        for (nint p = 0; p < pixels * channels; p += channels)
            TLanes.Store(default, result + p, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector16 AddTo<TLanes>(Vector16 sum, nint pixel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
        => Vector16.MultiplyAdd(_factor, TLanes.Load(_values + pixel, lanes) - _centre, sum);
}
