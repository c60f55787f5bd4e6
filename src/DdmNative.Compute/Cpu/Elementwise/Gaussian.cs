using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The standard normal distribution of a vector of floats. With t = |x|, Φ(−t) = e^(−t²/2)·s·P(s), where s = 1/(1 + 11t/32) and P is a
/// minimax polynomial of degree 8 (relative error 2·10⁻⁸), so that one exponential serves Φ and φ and small tails keep their digits. The
/// relative error is below 10⁻⁶ near zero and grows like the rounding of t².
/// </summary>
internal static class Gaussian
{
    /// <summary>From this magnitude on, φ(x) and Φ(−|x|) are 0; they are about the smallest normal float32 there.</summary>
    private const float Largest = 13.125f;

    /// <summary>1.5·2²³: adding it rounds to an integer, which is then in the low bits.</summary>
    private const float Shift = 12582912;

    private const float Log2E = 1.44269504f, HighLn2 = 0.693359375f, LowLn2 = -2.12194440e-4f, OneOverRootOf2Pi = 0.398942280f;

    /// <summary>t = |x|, limited so that t² is finite where φ(x) is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Limit<TVector>(TVector x)
        where TVector : unmanaged, IVector<TVector>
        => TVector.Min(TVector.Abs(x), TVector.Create(Largest));

    /// <summary>e^(−t²/2), by the polynomial of Cephes (Moshier) for the exponential.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Power<TVector>(TVector limited)
        where TVector : unmanaged, IVector<TVector>
    {
        TVector shift = TVector.Create(Shift), x = TVector.Create(-0.5f) * limited * limited;
        TVector shifted = TVector.MultiplyAdd(x, TVector.Create(Log2E), shift), n = shifted - shift;
        TVector r = TVector.MultiplyAdd(n, TVector.Create(-LowLn2), TVector.MultiplyAdd(n, TVector.Create(-HighLn2), x));
        TVector p = TVector.Create(1.9875691500e-4f);
        p = TVector.MultiplyAdd(p, r, TVector.Create(1.3981999507e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(8.3334519073e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(4.1665795894e-2f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(1.6666665459e-1f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(5.0000001201e-1f));
        p = TVector.MultiplyAdd(p, r * r, r + TVector.Create(1));
        return TVector.WherePositive(TVector.Create(Largest) - limited, TVector.Scale(p, shifted));
    }

    /// <summary>φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Density<TVector>(TVector power)
        where TVector : unmanaged, IVector<TVector>
        => power * TVector.Create(OneOverRootOf2Pi);

    /// <summary>Φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Distribution<TVector>(TVector x, TVector limited, TVector power)
        where TVector : unmanaged, IVector<TVector>
    {
        TVector one = TVector.Create(1), s = one / TVector.MultiplyAdd(limited, TVector.Create(0.34375f), one);
        TVector p = TVector.Create(-0.0281990692f);
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.145640165f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(-0.275198102f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.194657236f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(-0.0417154618f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.113610491f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.116515368f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.13757126f));
        p = TVector.MultiplyAdd(p, s, TVector.Create(0.137118116f));
        // The tail Φ(−t), or 1 − Φ(−t) where x is positive.
        return TVector.Abs(power * (p * s) - TVector.WherePositive(x, one));
    }
}
