using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Floating point in one lane. Directed roundings step from the nearest value by the sign of its exact error; approximations (<c>ex2.approx</c> and so on) are the
/// correctly rounded value, which the hardware's differ from by a few units in the last place.
/// </summary>
internal static class FloatFunctions
{
    private const uint CanonicalNaN = 0x7fffffff;

    public static bool IsFloat(PtxType type) => type is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.TF32 or PtxType.F64 or PtxType.F16x2 or PtxType.BF16x2;

    public static Func<ulong, ulong, bool> Compare(PtxType type, PtxComparison comparison, bool ftz)
    {
        double Value(ulong bits) => ToDouble(bits, type, ftz);
        return comparison switch
        {
            PtxComparison.Eq => (a, b) => Value(a) == Value(b),
            PtxComparison.Ne => (a, b) => Value(a) < Value(b) || Value(a) > Value(b),
            PtxComparison.Lt => (a, b) => Value(a) < Value(b),
            PtxComparison.Le => (a, b) => Value(a) <= Value(b),
            PtxComparison.Gt => (a, b) => Value(a) > Value(b),
            PtxComparison.Ge => (a, b) => Value(a) >= Value(b),
            PtxComparison.Equ => (a, b) => !(Value(a) < Value(b) || Value(a) > Value(b)),
            PtxComparison.Neu => (a, b) => Value(a) != Value(b),
            PtxComparison.Ltu => (a, b) => !(Value(a) >= Value(b)),
            PtxComparison.Leu => (a, b) => !(Value(a) > Value(b)),
            PtxComparison.Gtu => (a, b) => !(Value(a) <= Value(b)),
            PtxComparison.Geu => (a, b) => !(Value(a) < Value(b)),
            PtxComparison.Num => (a, b) => !double.IsNaN(Value(a)) && !double.IsNaN(Value(b)),
            _ => (a, b) => double.IsNaN(Value(a)) || double.IsNaN(Value(b)),
        };
    }

    /// <summary>A value as a double, which is exact; subnormal singles become zero if wished.</summary>
    public static double ToDouble(ulong bits, PtxType type, bool ftz = false) => type switch
    {
        PtxType.F64 => BitConverter.UInt64BitsToDouble(bits),
        PtxType.F16 when ftz && (bits & 0x7c00) == 0 => (bits & 0x8000) != 0 ? -0.0 : 0.0,
        PtxType.F16 => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
        PtxType.BF16 => BitConverter.UInt32BitsToSingle((uint)bits << 16),
        _ => ftz && (bits & 0x7f800000) == 0 ? (bits & 0x80000000) != 0 ? -0.0 : 0.0 : BitConverter.UInt32BitsToSingle((uint)bits),
    };

    /// <summary>The bits of the value <paramref name="value"/> + <paramref name="error"/>, of which the second is too small to be seen in the first, rounded to the type.</summary>
    public static ulong FromDouble(double value, double error, PtxType type, PtxRounding rounding, bool ftz = false)
    {
        if (double.IsNaN(value))
            return type switch { PtxType.F64 => 0xfff8000000000000, PtxType.F16 or PtxType.BF16 => 0x7fff, _ => CanonicalNaN };
        if (type == PtxType.F64)
            return BitConverter.DoubleToUInt64Bits(Directed(value, value, error, rounding));
        // Odd in the last place where it is inexact: the second rounding then sees all that it must.
        if (error != 0 && double.IsFinite(value) && (BitConverter.DoubleToUInt64Bits(value) & 1) == 0)
            value = error > 0 ? Math.BitIncrement(value) : Math.BitDecrement(value);
        if (type == PtxType.F16)
        {
            ushort half = BitConverter.HalfToUInt16Bits(rounding == PtxRounding.Rz ? Truncated((Half)value, value) : (Half)value);
            return ftz && (half & 0x7c00) == 0 ? (ushort)(half & 0x8000) : half;
        }

        float single = (float)value;
        if (type == PtxType.BF16)
            return Brain(value, single, rounding);
        if (rounding is PtxRounding.Rz or PtxRounding.Rm or PtxRounding.Rp && double.IsFinite(value) && (double)single != value)
        {
            bool above = single > value;
            single = rounding switch
            {
                PtxRounding.Rm => above ? MathF.BitDecrement(single) : single,
                PtxRounding.Rp => above ? single : MathF.BitIncrement(single),
                _ => Math.Abs((double)single) > Math.Abs(value) ? single > 0 ? MathF.BitDecrement(single) : MathF.BitIncrement(single) : single,
            };
        }

        uint bits = BitConverter.SingleToUInt32Bits(single);
        return ftz && (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits;
    }

    public static LaneFunction? Of(PtxInstruction instruction)
    {
        PtxType type = instruction.Modifiers.Type;
        if (type is not (PtxType.F16x2 or PtxType.BF16x2))
            return Of(instruction, type);
        if (Of(instruction, type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16) is not { } one)
            return null;
        return (a, b, c, d) => one(a & 0xffff, b & 0xffff, c & 0xffff, d) | one(a >> 16, b >> 16, c >> 16, d) << 16;
    }

    private static LaneFunction? Of(PtxInstruction instruction, PtxType type)
    {
        PtxModifiers m = instruction.Modifiers;
        // Of doubles only the nearest is exact near the ends of their range.
        if (type == PtxType.F64 && m.Rounding is PtxRounding.Rz or PtxRounding.Rm or PtxRounding.Rp)
            return null;
        bool ftz = m.Has(PtxQualifiers.Ftz), saturates = m.Has(PtxQualifiers.Sat), relu = m.Has(PtxQualifiers.Relu);
        PtxRounding rounding = m.Rounding;
        double In(ulong bits) => ToDouble(bits, type, ftz);
        ulong Out(double value, double error = 0)
        {
            if (saturates)
                (value, error) = double.IsNaN(value) || value <= 0 ? (0, 0) : value > 1 || (value == 1 && error >= 0) ? (1, 0) : (value, error);
            if (relu && value < 0)
                (value, error) = (0, 0);
            return FromDouble(value, error, type, rounding, ftz);
        }

        int signBit = type.ByteSize() * 8 - 1;
        switch (instruction.Opcode)
        {
            case PtxOpcode.Add:
                return (a, b, _, _) => Add(In(a), In(b), rounding, Out);
            case PtxOpcode.Sub:
                return (a, b, _, _) => Add(In(a), -In(b), rounding, Out);
            case PtxOpcode.Mul:
                return (a, b, _, _) => { double x = In(a), y = In(b), p = x * y; return Out(p, type == PtxType.F64 && double.IsFinite(p) ? Math.FusedMultiplyAdd(x, y, -p) : 0); };
            case PtxOpcode.Fma or PtxOpcode.Mad:
                return type == PtxType.F64
                    ? (a, b, c, _) => Out(Math.FusedMultiplyAdd(In(a), In(b), In(c)))
                    : (a, b, c, _) => Add(In(a) * In(b), In(c), rounding, Out);
            case PtxOpcode.Div:
                return (a, b, _, _) => { double x = In(a), y = In(b), q = x / y; return Out(q, double.IsFinite(q) && double.IsFinite(y) && q != 0 ? -Math.FusedMultiplyAdd(q, y, -x) * Math.Sign(y) : 0); };
            case PtxOpcode.Rcp:
                return (a, _, _, _) => { double y = In(a), q = 1 / y; return Out(q, double.IsFinite(q) && double.IsFinite(y) && q != 0 ? -Math.FusedMultiplyAdd(q, y, -1) * Math.Sign(y) : 0); };
            case PtxOpcode.Sqrt:
                return (a, _, _, _) => { double x = In(a), r = Math.Sqrt(x); return Out(r, double.IsFinite(r) && r != 0 ? -Math.FusedMultiplyAdd(r, r, -x) : 0); };
            case PtxOpcode.Rsqrt:
                return (a, _, _, _) => Out(1 / Math.Sqrt(In(a)));
            case PtxOpcode.Sin:
                return (a, _, _, _) => Out(Math.Sin(In(a)));
            case PtxOpcode.Cos:
                return (a, _, _, _) => Out(Math.Cos(In(a)));
            case PtxOpcode.Lg2:
                return (a, _, _, _) => Out(Math.Log2(In(a)));
            case PtxOpcode.Ex2:
                return (a, _, _, _) => Out(Math.Pow(2, In(a)));
            case PtxOpcode.Tanh:
                return (a, _, _, _) => Out(Math.Tanh(In(a)));
            case PtxOpcode.Abs:
                return (a, _, _, _) => ftz ? FromDouble(Math.Abs(In(a)), 0, type, rounding, ftz) : a & ~(1UL << signBit) & (ulong.MaxValue >> 63 - signBit);
            case PtxOpcode.Neg:
                return (a, _, _, _) => ftz ? FromDouble(-In(a), 0, type, rounding, ftz) : (a ^ 1UL << signBit) & (ulong.MaxValue >> 63 - signBit);
            case PtxOpcode.Min or PtxOpcode.Max when !m.Has(PtxQualifiers.XorSign):
                bool least = instruction.Opcode == PtxOpcode.Min, nan = m.Has(PtxQualifiers.NaN);
                return (a, b, _, _) =>
                {
                    double x = In(a), y = In(b);
                    if (double.IsNaN(x) || double.IsNaN(y))
                        return Out(nan || (double.IsNaN(x) && double.IsNaN(y)) ? double.NaN : double.IsNaN(x) ? y : x);
                    return Out(least ? Math.Min(x, y) : Math.Max(x, y));
                };
            case PtxOpcode.Copysign:
                return (a, b, _, _) => b & ~(1UL << signBit) | a & 1UL << signBit;
            case PtxOpcode.Testp:
                PtxMode mode = m.Mode;
                return (a, _, _, _) =>
                {
                    double x = ToDouble(a, type);
                    bool subnormal = type == PtxType.F64 ? double.IsSubnormal(x) : float.IsSubnormal((float)x);
                    return mode switch
                    {
                        PtxMode.Finite => double.IsFinite(x), PtxMode.Infinite => double.IsInfinity(x), PtxMode.Number => !double.IsNaN(x), PtxMode.NotANumber => double.IsNaN(x),
                        PtxMode.Normal => double.IsFinite(x) && !subnormal && x != 0, _ => subnormal,
                    } ? 1UL : 0;
                };
            default:
                return null;
        }
    }

    public static LaneFunction? Conversion(PtxModifiers m)
    {
        (PtxType to, PtxType from) = (m.Types[0], m.Types[1]);
        bool ftz = m.Has(PtxQualifiers.Ftz), saturates = m.Has(PtxQualifiers.Sat), relu = m.Has(PtxQualifiers.Relu);
        PtxRounding rounding = m.Rounding;
        int toBits = to.ByteSize() * 8, fromUnused = 64 - from.ByteSize() * 8;
        ulong mask = toBits == 64 ? ulong.MaxValue : (1UL << toBits) - 1;
        if (m.Has(PtxQualifiers.Satfinite) || (to is PtxType.F16 or PtxType.BF16 or PtxType.F16x2 or PtxType.BF16x2 && rounding is PtxRounding.Rm or PtxRounding.Rp))
            return null;
        if (to is PtxType.F16x2 or PtxType.BF16x2)
        {
            PtxType half = to == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16;
            ulong One(ulong bits) => FromDouble(relu ? Positive(ToDouble(bits, from)) : ToDouble(bits, from), 0, half, rounding);
            return (a, b, _, _) => One(a) << 16 | One(b);
        }

        if (to == PtxType.TF32)
            return (a, _, _, _) => { uint bits = (uint)a; return (bits & 0x7f800000) == 0x7f800000 ? (bits & 0x7fffff) != 0 ? CanonicalNaN : bits : relu && (int)bits < 0 ? 0 : bits + 0x1000 & ~0x1fffu; };
        // What is narrower than its register fills it with its sign.
        ulong Widened(ulong value) => to.IsSigned() && toBits < 64 ? (ulong)((long)(value << 64 - toBits) >> 64 - toBits) : value & mask;
        Int128 least = to.IsSigned() ? -(Int128.One << toBits - 1) : 0, most = to.IsSigned() ? (Int128.One << toBits - 1) - 1 : (Int128.One << toBits) - 1;
        if (!IsFloat(from))
        {
            Int128 Whole(ulong bits) => from.IsSigned() ? (long)(bits << fromUnused) >> fromUnused : (Int128)(bits << fromUnused >> fromUnused);
            if (!IsFloat(to))
                return saturates ? (a, _, _, _) => Widened((ulong)(Int128.Clamp(Whole(a), least, most) & (Int128)ulong.MaxValue)) : (a, _, _, _) => Widened((ulong)(Whole(a) & (Int128)ulong.MaxValue));
            return (a, _, _, _) =>
            {
                Int128 whole = Whole(a);
                double value = (double)whole;
                double error = (double)(whole - (Int128)value);
                return saturates ? FromDouble(Math.Clamp(value, 0, 1), 0, to, rounding) : FromDouble(value, error, to, rounding);
            };
        }

        if (!IsFloat(to))
        {
            return (a, _, _, _) =>
            {
                double value = Rounded(ToDouble(a, from, ftz), rounding);
                if (double.IsNaN(value))
                    return from == PtxType.F64 || toBits == 64 ? toBits == 64 ? 0x8000000000000000 : to.IsSigned() ? 0x80000000 & mask : 0x80000000 & mask : 0;
                return Widened((ulong)((value <= (double)least ? least : value >= (double)most ? most : (Int128)value) & (Int128)ulong.MaxValue));
            };
        }

        return (a, _, _, _) =>
        {
            double value = ToDouble(a, from, ftz);
            if (rounding is PtxRounding.Rni or PtxRounding.Rzi or PtxRounding.Rmi or PtxRounding.Rpi)
                value = Rounded(value, rounding);
            if (saturates)
                value = double.IsNaN(value) || value <= 0 ? 0 : Math.Min(value, 1);
            if (relu)
                value = Positive(value);
            return FromDouble(value, 0, to, rounding, ftz);
        };
    }

    private static double Positive(double value) => value < 0 ? 0 : value;

    private static double Rounded(double value, PtxRounding rounding) => rounding switch
    {
        PtxRounding.Rzi => Math.Truncate(value), PtxRounding.Rmi => Math.Floor(value), PtxRounding.Rpi => Math.Ceiling(value), _ => Math.Round(value, MidpointRounding.ToEven),
    };

    private static ulong Add(double x, double y, PtxRounding rounding, Func<double, double, ulong> result)
    {
        double sum = x + y;
        if (!double.IsFinite(sum))
            return result(sum, 0);
        if (sum == 0 && rounding == PtxRounding.Rm && (x != 0 || double.IsNegative(x) || double.IsNegative(y)))
            return result(-0.0, 0);
        double part = sum - x;
        return result(sum, x - (sum - part) + (y - part));
    }

    private static double Directed(double nearest, double value, double error, PtxRounding rounding)
    {
        if (error == 0 || !double.IsFinite(value))
            return nearest;
        return rounding switch
        {
            PtxRounding.Rm => error < 0 ? Math.BitDecrement(nearest) : nearest,
            PtxRounding.Rp => error > 0 ? Math.BitIncrement(nearest) : nearest,
            PtxRounding.Rz when value > 0 && error < 0 => Math.BitDecrement(nearest),
            PtxRounding.Rz when value < 0 && error > 0 => Math.BitIncrement(nearest),
            _ => nearest,
        };
    }

    private static Half Truncated(Half nearest, double value) =>
        double.IsFinite(value) && Math.Abs((double)nearest) > Math.Abs(value) ? nearest > (Half)0 ? Half.BitDecrement(nearest) : Half.BitIncrement(nearest) : nearest;

    private static ulong Brain(double value, float single, PtxRounding rounding)
    {
        uint bits = BitConverter.SingleToUInt32Bits(single);
        if (float.IsInfinity(single))
            return bits >> 16;
        // The single may itself have been rounded onto a midpoint: only its distance to the value breaks the tie.
        uint low = bits & 0xffff;
        bool up = low > 0x8000 || (low == 0x8000 && (Math.Abs(value) > Math.Abs((double)single) || (Math.Abs(value) == Math.Abs((double)single) && (bits >> 16 & 1) != 0)));
        return (bits >> 16) + (rounding != PtxRounding.Rz && up ? 1u : 0);
    }
}
