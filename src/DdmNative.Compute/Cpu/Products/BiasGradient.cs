using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>δb = Σ δ over one image's pixels.</summary>
internal static unsafe class BiasGradient
{
    /// <summary>Adds the pixels of <paramref name="cotangent"/> [pixels, channels] to <paramref name="sum"/>.</summary>
    public static void Add(float* cotangent, int pixels, int channels, float* sum)
    {
        if (Vector512.IsHardwareAccelerated)
            Add<Vector16>(cotangent, pixels, channels, sum);
        else
            Add<Vector8>(cotangent, pixels, channels, sum);
    }

    private static void Add<TVector>(float* cotangent, int pixels, int channels, float* sum)
        where TVector : unmanaged, IVector<TVector>
    {
        int c = 0;
        for (; c + TVector.Lanes <= channels; c += TVector.Lanes)
            AddChannels<TVector, WholeLanes<TVector>>(cotangent + c, pixels, channels, TVector.Lanes, sum + c);
        if (c < channels)
            AddChannels<TVector, PartLanes<TVector>>(cotangent + c, pixels, channels, channels - c, sum + c);
    }

    private static void AddChannels<TVector, TLanes>(float* cotangent, int pixels, nint channels, int lanes, float* sum)
        where TVector : unmanaged, IVector<TVector>
        where TLanes : struct, ILaneAccess<TVector>
    {
        TVector even = default, odd = default;
        int p = 0;
        for (; p + 1 < pixels; p += 2)
        {
            even += TLanes.Load(cotangent + p * channels, lanes);
            odd += TLanes.Load(cotangent + (p + 1) * channels, lanes);
        }
        if (p < pixels)
            even += TLanes.Load(cotangent + p * channels, lanes);
        TLanes.Store(TLanes.Load(sum, lanes) + (even + odd), sum, lanes);
    }
}
