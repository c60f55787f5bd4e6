using System.Numerics;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>A binary floating-point format as in IEEE 754.</summary>
internal sealed record FloatFormat(int ExponentBits, int MantissaBits)
{
    public static FloatFormat ForType(PtxType type) => type switch
    {
        PtxType.F16 => new(5, 10),
        PtxType.BF16 => new(8, 7),
        PtxType.TF32 => new(8, 10),
        PtxType.F32 => new(8, 23),
        _ => new(11, 52),
    };

    public int Bias => (1 << (ExponentBits - 1)) - 1;
    public ulong Sign => 1UL << (ExponentBits + MantissaBits);
    public ulong Infinity => ((1UL << ExponentBits) - 1) << MantissaBits;
    public ulong NaN => Infinity | (1UL << (MantissaBits - 1));
    public ulong One => (ulong)Bias << MantissaBits;
    public ulong SmallestNormal => 1UL << MantissaBits;
    public bool IsNaN(ulong bits) => (bits & ~Sign) > Infinity;
    public bool IsInfinite(ulong bits) => (bits & ~Sign) == Infinity;
    public bool IsZero(ulong bits) => (bits & ~Sign) == 0;
    public bool IsSubnormal(ulong bits) => (bits & ~Sign) is > 0 and var magnitude && magnitude < SmallestNormal;
    public bool IsNegative(ulong bits) => (bits & Sign) != 0;
    public ulong Flushed(ulong bits) => IsSubnormal(bits) ? bits & Sign : bits;
}

/// <summary>
/// Floating-point arithmetic by integers of any length, rounded once: a reference that is independent of the processor's. Values are (sign)
/// magnitude · 2^exponent.
/// </summary>
internal static class ExactFloat
{
    /// <summary>More bits than any quotient or root needs before the sticky bit.</summary>
    private const int Spare = 160;

    public static ulong Add(ulong a, ulong b, FloatFormat format, PtxRounding rounding) => MultiplyAdd(a, format.One, b, format, rounding);

    public static ulong Multiply(ulong a, ulong b, FloatFormat format, PtxRounding rounding)
    {
        ulong sign = (a ^ b) & format.Sign;
        if (format.IsNaN(a) || format.IsNaN(b) || (format.IsInfinite(a) && format.IsZero(b)) || (format.IsZero(a) && format.IsInfinite(b)))
            return format.NaN;
        if (format.IsInfinite(a) || format.IsInfinite(b))
            return sign | format.Infinity;
        (BigInteger left, int leftExponent) = Parts(a, format);
        (BigInteger right, int rightExponent) = Parts(b, format);
        return Round(sign != 0, left * right, leftExponent + rightExponent, false, format, rounding);
    }

    /// <summary>a b + c</summary>
    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, FloatFormat format, PtxRounding rounding)
    {
        ulong sign = (a ^ b) & format.Sign;
        bool infinite = format.IsInfinite(a) || format.IsInfinite(b);
        if (format.IsNaN(a) || format.IsNaN(b) || format.IsNaN(c) || (infinite && (format.IsZero(a) || format.IsZero(b))))
            return format.NaN;
        if (infinite)
            return format.IsInfinite(c) && (c & format.Sign) != sign ? format.NaN : sign | format.Infinity;
        if (format.IsInfinite(c))
            return c;
        (BigInteger left, int leftExponent) = Parts(a, format);
        (BigInteger right, int rightExponent) = Parts(b, format);
        (BigInteger more, int moreExponent) = Parts(c, format);
        int exponent = Math.Min(leftExponent + rightExponent, moreExponent);
        BigInteger product = (left * right << (leftExponent + rightExponent - exponent)) * (sign != 0 ? -1 : 1);
        BigInteger sum = product + (more << (moreExponent - exponent)) * (format.IsNegative(c) ? -1 : 1);
        if (!sum.IsZero)
            return Round(sum.Sign < 0, BigInteger.Abs(sum), exponent, false, format, rounding);
        bool bothNegative = sign != 0 && format.IsNegative(c), bothPositive = sign == 0 && !format.IsNegative(c);
        return bothNegative || (!bothPositive && rounding == PtxRounding.Rm) ? format.Sign : 0;
    }

    public static ulong Divide(ulong a, ulong b, FloatFormat format, PtxRounding rounding)
    {
        ulong sign = (a ^ b) & format.Sign;
        if (format.IsNaN(a) || format.IsNaN(b) || (format.IsInfinite(a) && format.IsInfinite(b)) || (format.IsZero(a) && format.IsZero(b)))
            return format.NaN;
        if (format.IsInfinite(a) || format.IsZero(b))
            return sign | format.Infinity;
        if (format.IsZero(a) || format.IsInfinite(b))
            return sign;
        (BigInteger left, int leftExponent) = Parts(a, format);
        (BigInteger right, int rightExponent) = Parts(b, format);
        BigInteger quotient = BigInteger.DivRem(left << Spare, right, out BigInteger rest);
        return Round(sign != 0, quotient, leftExponent - rightExponent - Spare, !rest.IsZero, format, rounding);
    }

    public static ulong SquareRoot(ulong a, FloatFormat format, PtxRounding rounding)
    {
        if (format.IsZero(a))
            return a;
        if (format.IsNaN(a) || format.IsNegative(a))
            return format.NaN;
        if (format.IsInfinite(a))
            return a;
        (BigInteger value, int exponent) = Parts(a, format);
        int shift = 2 * Spare + (exponent & 1);
        BigInteger scaled = value << shift;
        // Newton's iteration from above on integers.
        BigInteger root = BigInteger.One << (int)(scaled.GetBitLength() / 2 + 1);
        for (BigInteger next = (root + scaled / root) / 2; next < root; next = (root + scaled / root) / 2)
            root = next;
        return Round(false, root, (exponent - shift) / 2, root * root != scaled, format, rounding);
    }

    public static ulong Convert(ulong a, FloatFormat from, FloatFormat to, PtxRounding rounding)
    {
        ulong sign = from.IsNegative(a) ? to.Sign : 0;
        if (from.IsNaN(a))
            return to.NaN;
        if (from.IsInfinite(a))
            return sign | to.Infinity;
        (BigInteger value, int exponent) = Parts(a, from);
        return Round(sign != 0, value, exponent, false, to, rounding);
    }

    public static ulong FromInteger(BigInteger value, FloatFormat format, PtxRounding rounding)
        => Round(value.Sign < 0, BigInteger.Abs(value), 0, false, format, rounding);

    /// <summary>Rounds a finite value to an integer in the direction of <c>rni rzi rmi rpi</c>.</summary>
    public static BigInteger ToInteger(ulong a, FloatFormat format, PtxRounding rounding)
    {
        (BigInteger value, int exponent) = Parts(a, format);
        bool negative = format.IsNegative(a);
        if (exponent >= 0)
            return (value << exponent) * (negative ? -1 : 1);
        BigInteger whole = value >> -exponent, rest = value - (whole << -exponent), half = BigInteger.One << (-exponent - 1);
        bool up = rounding switch
        {
            PtxRounding.Rni => rest > half || (rest == half && !whole.IsEven),
            PtxRounding.Rmi => negative && !rest.IsZero,
            PtxRounding.Rpi => !negative && !rest.IsZero,
            _ => false,
        };
        return (whole + (up ? 1 : 0)) * (negative ? -1 : 1);
    }

    private static (BigInteger Magnitude, int Exponent) Parts(ulong bits, FloatFormat format)
    {
        ulong mantissa = bits & (format.SmallestNormal - 1);
        int field = (int)((bits & ~format.Sign) >> format.MantissaBits);
        return field == 0 ? (mantissa, 1 - format.Bias - format.MantissaBits)
            : (mantissa | format.SmallestNormal, field - format.Bias - format.MantissaBits);
    }

    /// <param name="negative">The sign.</param>
    /// <param name="magnitude">The magnitude, times 2^exponent.</param>
    /// <param name="exponent">The exponent of the last bit.</param>
    /// <param name="sticky">Whether the true value is slightly larger.</param>
    /// <param name="format">The format to round to.</param>
    /// <param name="rounding">The direction.</param>
    private static ulong Round(bool negative, BigInteger magnitude, int exponent, bool sticky, FloatFormat format, PtxRounding rounding)
    {
        ulong sign = negative ? format.Sign : 0;
        if (magnitude.IsZero)
            return sign;
        int top = exponent + (int)magnitude.GetBitLength() - 1;
        int last = Math.Max(top, 1 - format.Bias) - format.MantissaBits;
        int shift = last - exponent;
        BigInteger kept = shift <= 0 ? magnitude << -shift : magnitude >> shift;
        BigInteger rest = shift <= 0 ? BigInteger.Zero : magnitude - (kept << shift);
        BigInteger half = shift <= 0 ? BigInteger.One : BigInteger.One << (shift - 1);
        bool inexact = sticky || !rest.IsZero;
        bool up = rounding switch
        {
            PtxRounding.Rz => false,
            PtxRounding.Rm => negative && inexact,
            PtxRounding.Rp => !negative && inexact,
            PtxRounding.Rna => rest >= half,
            _ => rest > half || (rest == half && (sticky || !kept.IsEven)),
        };
        kept += up ? 1 : 0;
        if (kept.GetBitLength() > format.MantissaBits + 1)
        {
            kept >>= 1;
            last++;
        }

        if (kept < format.SmallestNormal)
            return sign | (ulong)kept;
        int field = last + format.MantissaBits + format.Bias;
        if (field < (1 << format.ExponentBits) - 1)
            return sign | ((ulong)field << format.MantissaBits) | ((ulong)kept & (format.SmallestNormal - 1));
        bool stays = rounding == PtxRounding.Rz || (rounding == PtxRounding.Rm && !negative) || (rounding == PtxRounding.Rp && negative);
        return sign | (stays ? format.Infinity - 1 : format.Infinity);
    }
}
