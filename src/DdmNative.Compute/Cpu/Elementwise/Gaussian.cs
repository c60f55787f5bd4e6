using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The standard normal distribution of sixteen floats. With t = |x|, Φ(−t) = e^(−t²/2)·R(t), where R(t) = s·P(s) and s = 1/(1 + 11t/32): a
/// minimax polynomial of degree 8 (relative error 2·10⁻⁸), so that one exponential serves Φ and φ and small tails keep their digits.
/// Relative errors are below 4·10⁻⁷ for t ≤ 1, and grow to 4·10⁻⁶ at the limit with the rounding of t².
/// </summary>
internal static class Gaussian
{
    /// <summary>From this magnitude on, φ(x) and Φ(−|x|) are 0; they are about the smallest normal float32 there.</summary>
    private const float Limit = 13.125f;

    /// <summary>1.5·2²³: adding it rounds to an integer, which is then in the low bits.</summary>
    private const float Shift = 12582912;

    private const float Log2E = 1.44269504f, HighLn2 = 0.693359375f, LowLn2 = -2.12194440e-4f, OneOverRootOf2Pi = 0.398942280f;
    private const int MantissaBits = 23;

    /// <summary>Φ(x), φ(x) and x, limited so that x²φ(x) is 0 and not NaN for large x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector16 Distribution, Vector16 Density, Vector16 Limited) Compute(Vector16 argument)
    {
        Vector512<float> x = argument.Value, one = Vector512<float>.One, limit = Vector512.Create(Limit), all = Vector512.Abs(x);
        Vector512<float> t = Vector512.ConditionalSelect(Vector512.GreaterThan(all, limit), limit, all);
        Vector512<float> power = Exp(Vector512.Create(-0.5f) * t * t) & Vector512.LessThan(t, limit);
        Vector512<float> s = one / Vector512.MultiplyAddEstimate(t, Vector512.Create(0.34375f), one);
        Vector512<float> p = Vector512.Create(-0.0281990692f);
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.145640165f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(-0.275198102f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.194657236f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(-0.0417154618f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.113610491f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.116515368f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.13757126f));
        p = Vector512.MultiplyAddEstimate(p, s, Vector512.Create(0.137118116f));
        Vector512<float> tail = power * (p * s);
        Vector512<float> distribution = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), one - tail, tail);
        return (new(distribution), new(power * Vector512.Create(OneOverRootOf2Pi)), new(t));
    }

    /// <summary>eˣ for −87 ≤ x ≤ 0, by the polynomial of Cephes (Moshier): relative error 10⁻⁷.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> shift = Vector512.Create(Shift);
        Vector512<float> shifted = Vector512.MultiplyAddEstimate(x, Vector512.Create(Log2E), shift), n = shifted - shift;
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-HighLn2), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-LowLn2), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.MultiplyAddEstimate(p, r * r, r + Vector512<float>.One);
        // The bits of p·2ⁿ: the shifted number's low bits are n, and those above leave the 32 bits.
        return (p.AsInt32() + (shifted.AsInt32() << MantissaBits)).AsSingle();
    }
}
