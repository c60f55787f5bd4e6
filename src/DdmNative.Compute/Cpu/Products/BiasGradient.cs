namespace DdmNative.Compute.Cpu;

/// <summary>δb = Σ δ over one image's pixels.</summary>
internal static unsafe class BiasGradient
{
    /// <summary>Adds the pixels of <paramref name="cotangent"/> [pixels, channels] to <paramref name="sum"/>.</summary>
    public static void Add(float* cotangent, int pixels, int channels, float* sum)
    {
        int c = 0;
        for (; c + LanePart.Lanes <= channels; c += LanePart.Lanes)
            AddChannels<WholeLanes<Vector16>>(cotangent + c, pixels, channels, LanePart.Lanes, sum + c);
        if (c < channels)
            AddChannels<PartLanes<Vector16>>(cotangent + c, pixels, channels, channels - c, sum + c);
    }

    private static void AddChannels<TLanes>(float* cotangent, int pixels, nint channels, int lanes, float* sum)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        Vector16 even = default, odd = default;
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
