using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Arithmetic on doubles with directed rounding, <c>.rz .rm .rp</c>, rounded once by 128-bit integers: correcting the nearest result by its
/// error fails if the error underflows.
/// </summary>
internal static class DirectedDouble
{
    private const int MantissaBits = 52, LeastExponent = -1022;

    /// <summary>Position of the highest bit of both summands, chosen so that their sum still fits.</summary>
    private const int Top = 125;

    public static bool IsDirected(PtxRounding rounding) => rounding is PtxRounding.Rz or PtxRounding.Rm or PtxRounding.Rp;

    public static double Add(double x, double y, PtxRounding rounding) => MultiplyAdd(x, 1, y, rounding);

    public static double Multiply(double x, double y, PtxRounding rounding)
    {
        double nearest = x * y;
        if (!double.IsFinite(x) || !double.IsFinite(y) || x == 0 || y == 0)
            return nearest;
        ((ulong left, int leftExponent), (ulong right, int rightExponent)) = (Parts(x), Parts(y));
        return Round(double.IsNegative(nearest), (UInt128)left * right, leftExponent + rightExponent, false, rounding);
    }

    /// <summary>x y + z</summary>
    public static double MultiplyAdd(double x, double y, double z, PtxRounding rounding)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y) || !double.IsFinite(z))
            return Math.FusedMultiplyAdd(x, y, z);
        bool negative = double.IsNegative(x) != double.IsNegative(y);
        if (x == 0 || y == 0)
            return z != 0 ? z : Zero(negative, double.IsNegative(z), rounding);
        ((ulong left, int leftExponent), (ulong right, int rightExponent)) = (Parts(x), Parts(y));
        (UInt128 large, int exponent) = Normalise((UInt128)left * right, leftExponent + rightExponent);
        if (z == 0)
            return Round(negative, large, exponent, false, rounding);
        (ulong addend, int addendExponent) = Parts(z);
        (UInt128 small, int smallExponent) = Normalise(addend, addendExponent);
        bool smallNegative = double.IsNegative(z);
        if (smallExponent > exponent || (smallExponent == exponent && small > large))
            (large, exponent, negative, small, smallExponent, smallNegative) = (small, smallExponent, smallNegative, large, exponent,
                negative);
        small = ShiftRoundingToOdd(small, exponent - smallExponent);
        if (negative == smallNegative)
            return Round(negative, large + small, exponent, false, rounding);
        return large == small ? Zero(false, true, rounding) : Round(negative, large - small, exponent, false, rounding);
    }

    public static double Divide(double x, double y, PtxRounding rounding)
    {
        double nearest = x / y;
        if (!double.IsFinite(x) || !double.IsFinite(y) || x == 0 || y == 0)
            return nearest;
        ((ulong left, int leftExponent), (ulong right, int rightExponent)) = (Parts(x), Parts(y));
        const int spare = 74;
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem((UInt128)left << spare, right);
        return Round(double.IsNegative(nearest), quotient, leftExponent - rightExponent - spare, rest != 0, rounding);
    }

    public static double SquareRoot(double x, PtxRounding rounding)
    {
        if (!double.IsFinite(x) || x <= 0)
            return Math.Sqrt(x);
        (ulong mantissa, int exponent) = Parts(x);
        int spare = 72 + (exponent & 1);
        UInt128 scaled = (UInt128)mantissa << spare, root = (UInt128)Math.Sqrt((double)scaled);
        // The estimate has 53 of 63 bits right; one step of Newton's method doubles them.
        root = (root + scaled / root) / 2;
        while (root * root > scaled)
            root--;
        while ((root + 1) * (root + 1) <= scaled)
            root++;
        return Round(false, root, (exponent - spare) / 2, root * root != scaled, rounding);
    }

    /// <summary>The sum of two zeros, or of two values that cancel.</summary>
    private static double Zero(bool negative, bool otherNegative, PtxRounding rounding) =>
        negative == otherNegative ? negative ? -0.0 : 0.0 : rounding == PtxRounding.Rm ? -0.0 : 0.0;

    /// <summary>|x| = mantissa · 2^exponent with the highest of 53 bits set, of subnormals too.</summary>
    private static (ulong Mantissa, int Exponent) Parts(double x)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(x), mantissa = bits & ((1UL << MantissaBits) - 1);
        int field = (int)(bits >> MantissaBits) & 0x7ff;
        if (field != 0)
            return (mantissa | 1UL << MantissaBits, field - 1023 - MantissaBits);
        int missing = (int)ulong.LeadingZeroCount(mantissa) - (63 - MantissaBits);
        return (mantissa << missing, LeastExponent - MantissaBits - missing);
    }

    private static (UInt128 Magnitude, int Exponent) Normalise(UInt128 magnitude, int exponent)
    {
        int shift = Top - 127 + (int)UInt128.LeadingZeroCount(magnitude);
        return (magnitude << shift, exponent - shift);
    }

    /// <summary>Shifts right; if bits are lost, the last bit is set, so that the result is still seen to be inexact.</summary>
    private static UInt128 ShiftRoundingToOdd(UInt128 magnitude, int shift)
    {
        if (shift > 127)
            return UInt128.One;
        UInt128 kept = magnitude >> shift;
        return kept << shift == magnitude ? kept : kept | UInt128.One;
    }

    /// <param name="negative">The sign.</param>
    /// <param name="magnitude">The magnitude, times 2^exponent; not zero.</param>
    /// <param name="exponent">The exponent of its last bit.</param>
    /// <param name="more">Whether the true magnitude is slightly larger.</param>
    /// <param name="rounding">One of the directed roundings.</param>
    private static double Round(bool negative, UInt128 magnitude, int exponent, bool more, PtxRounding rounding)
    {
        int top = exponent + 127 - (int)UInt128.LeadingZeroCount(magnitude);
        int last = Math.Max(top, LeastExponent) - MantissaBits, shift = Math.Min(last - exponent, 127);
        UInt128 kept = shift <= 0 ? magnitude << -shift : magnitude >> shift;
        bool inexact = more || (shift > 0 && kept << shift != magnitude);
        bool away = inexact && rounding == (negative ? PtxRounding.Rm : PtxRounding.Rp);
        // The hidden bit adds one to the exponent's field, which is therefore stored as one less; for subnormals both are zero. A carry
        // propagates into the field.
        ulong bits = ((ulong)(last + MantissaBits - LeastExponent) << MantissaBits) + (ulong)kept + (away ? 1UL : 0);
        ulong infinity = BitConverter.DoubleToUInt64Bits(double.PositiveInfinity);
        if (bits >= infinity)
            bits = rounding == (negative ? PtxRounding.Rm : PtxRounding.Rp) ? infinity : infinity - 1;
        return BitConverter.UInt64BitsToDouble(bits | (negative ? 1UL << 63 : 0));
    }
}
