using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>δb = Σ δ over one image's pixels.</summary>
internal static unsafe class BiasGradient
{
    /// <summary>Adds the pixels of <paramref name="cotangent"/> [pixels, channels] to <paramref name="sum"/>.</summary>
    public static void Add(float* cotangent, int pixels, int channels, float* sum)
    {
        for (int c = 0; c < channels; c += LanePart.Lanes)
        {
            int lanes = channels - c;
            Vector512<float> even = default, odd = default;
            int p = 0;
            for (; p + 1 < pixels; p += 2)
            {
                even += LanePart.Load(cotangent + (long)p * channels + c, lanes);
                odd += LanePart.Load(cotangent + (long)(p + 1) * channels + c, lanes);
            }
            if (p < pixels)
                even += LanePart.Load(cotangent + (long)p * channels + c, lanes);
            LanePart.Store(LanePart.Load(sum + c, lanes) + (even + odd), sum + c, lanes);
        }
    }
}
