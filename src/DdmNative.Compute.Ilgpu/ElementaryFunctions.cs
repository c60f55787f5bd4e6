using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// eˣ, ln(1 + s) and the normal distribution from additions and multiplications only, so that they are equally exact on every accelerator:
/// the hardware's functions lose digits of large arguments, and OpenCL does not specify the error of its own. Exponential and logarithm are
/// polynomials of Cephes (Moshier), relative error below 2·10⁻⁷.
/// </summary>
internal static class ElementaryFunctions
{
    private const float HighLn2 = 0.693359375f;
    private const float LowLn2 = -2.12194440e-4f;

    /// <summary>eˣ for x ≤ 88; 0 below −87.</summary>
    public static float Exp(float x)
    {
        if (x < -87)
            return 0;
        float scaled = x * 1.44269504f;
        int n = (int)(scaled < 0 ? scaled - 0.5f : scaled + 0.5f);
        float r = x - n * HighLn2 - n * LowLn2;
        float p = 1.9875691500e-4f;
        p = p * r + 1.3981999507e-3f;
        p = p * r + 8.3334519073e-3f;
        p = p * r + 4.1665795894e-2f;
        p = p * r + 1.6666665459e-1f;
        p = p * r + 5.0000001201e-1f;
        return (p * r * r + r + 1) * Interop.IntAsFloat((uint)(n + 127) << 23);
    }

    /// <summary>ln(1 + s) for s ≥ 0: the rounding error of 1 + s is corrected, so that small s keep their digits.</summary>
    public static float LogOnePlus(float s)
    {
        float u = 1 + s;
        float lost = s - (u - 1);
        uint bits = Interop.FloatAsInt(u);
        int e = (int)(bits >> 23) - 127;
        float m = Interop.IntAsFloat((bits & 0x7FFFFFu) | 0x3F800000u);
        if (m > 1.41421356f)
        {
            m *= 0.5f;
            e += 1;
        }
        float f = m - 1, square = f * f;
        float p = 7.0376836292e-2f;
        p = p * f - 1.1514610310e-1f;
        p = p * f + 1.1676998740e-1f;
        p = p * f - 1.2420140846e-1f;
        p = p * f + 1.4249322787e-1f;
        p = p * f - 1.6668057665e-1f;
        p = p * f + 2.0000714765e-1f;
        p = p * f - 2.4999993993e-1f;
        p = p * f + 3.3333331174e-1f;
        float tail = p * f * square + e * LowLn2 - 0.5f * square + lost / u;
        return f + tail + e * HighLn2;
    }

    /// <summary>1/√(2π): φ(x) is <see cref="NormalPower"/> times this.</summary>
    public const float NormalScale = 0.398942280f;

    /// <summary>e^(−x²/2); 0 where φ(x) is about the smallest normal number or less.</summary>
    public static float NormalPower(float x) => x > -13.125f & x < 13.125f ? Exp(-0.5f * x * x) : 0;

    /// <summary>
    /// Φ(x), given e^(−x²/2): Φ(−t) = e^(−t²/2)·s·P(s) for t ≥ 0, where s = 1/(1 + 11t/32) and P is a minimax polynomial of degree 8
    /// (relative error 2·10⁻⁸), so that small tails keep their digits.
    /// </summary>
    public static float NormalDistribution(float x, float power)
    {
        float s = 1 / (1 + 0.34375f * (x < 0 ? -x : x));
        float p = -0.0281990692f;
        p = p * s + 0.145640165f;
        p = p * s - 0.275198102f;
        p = p * s + 0.194657236f;
        p = p * s - 0.0417154618f;
        p = p * s + 0.113610491f;
        p = p * s + 0.116515368f;
        p = p * s + 0.13757126f;
        p = p * s + 0.137118116f;
        float tail = power * (p * s);
        return x > 0 ? 1 - tail : tail;
    }
}
