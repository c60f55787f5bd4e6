using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Floating point in one lane. Directed roundings step from the nearest value by the sign of its exact error; approximations
/// (<c>ex2.approx</c> and so on) give the correctly rounded value, from which the hardware differs by a few units in the last place.
/// </summary>
internal static class FloatFunctions
{
    private const uint CanonicalNaN = 0x7fffffff;
    private const ulong CanonicalWideNaN = 0xfff8000000000000;

    public static bool IsFloat(PtxType type)
        => type is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.TF32 or PtxType.F64 or PtxType.F16x2 or PtxType.BF16x2;

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

    /// <summary>A value as a double, which is exact; subnormal floats become zero if requested.</summary>
    public static double ToDouble(ulong bits, PtxType type, bool ftz = false) => type switch
    {
        PtxType.F64 => BitConverter.UInt64BitsToDouble(bits),
        PtxType.F16 when ftz && (bits & 0x7c00) == 0 => (bits & 0x8000) != 0 ? -0.0 : 0.0,
        PtxType.F16 => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
        PtxType.BF16 when ftz && (bits & 0x7f80) == 0 => (bits & 0x8000) != 0 ? -0.0 : 0.0,
        PtxType.BF16 => BitConverter.UInt32BitsToSingle((uint)bits << 16),
        _ => ftz && (bits & 0x7f800000) == 0 ? (bits & 0x80000000) != 0 ? -0.0 : 0.0 : BitConverter.UInt32BitsToSingle((uint)bits),
    };

    /// <summary>
    /// The bits of <paramref name="value"/> + <paramref name="error"/>, rounded to the type; the error is too small to change the value.
    /// </summary>
    public static ulong FromDouble(double value, double error, PtxType type, PtxRounding rounding, bool ftz = false)
    {
        if (double.IsNaN(value))
            return type switch { PtxType.F64 => CanonicalWideNaN, PtxType.F16 or PtxType.BF16 => 0x7fff, _ => CanonicalNaN };
        if (type == PtxType.F64)
            return BitConverter.DoubleToUInt64Bits(value);
        // Odd in the last place if it is inexact (round to odd), so that the second rounding is correct.
        if (error != 0 && double.IsFinite(value) && (BitConverter.DoubleToUInt64Bits(value) & 1) == 0)
            value = error > 0 ? Math.BitIncrement(value) : Math.BitDecrement(value);
        if (type == PtxType.F16)
        {
            ulong half = DirectedDouble.IsDirected(rounding) ? NarrowFormat.ForType(type).Round(value, rounding)
                : BitConverter.HalfToUInt16Bits((Half)value);
            return ftz && (half & 0x7c00) == 0 ? half & 0x8000 : half;
        }

        if (type == PtxType.BF16)
        {
            ulong brain = NarrowFormat.ForType(type).Round(value, rounding);
            return ftz && (brain & 0x7f80) == 0 ? brain & 0x8000 : brain;
        }

        float single = (float)value;
        if (rounding is PtxRounding.Rz or PtxRounding.Rm or PtxRounding.Rp && double.IsFinite(value) && (double)single != value)
        {
            bool above = single > value;
            single = rounding switch
            {
                PtxRounding.Rm => above ? MathF.BitDecrement(single) : single,
                PtxRounding.Rp => above ? single : MathF.BitIncrement(single),
                _ => Math.Abs((double)single) > Math.Abs(value)
                    ? single > 0 ? MathF.BitDecrement(single) : MathF.BitIncrement(single) : single,
            };
        }

        uint bits = BitConverter.SingleToUInt32Bits(single);
        return ftz && (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits;
    }

    public static LaneFunction? Create(PtxInstruction instruction)
    {
        PtxType type = instruction.Modifiers.Type;
        if (type is not (PtxType.F16x2 or PtxType.BF16x2))
            return Create(instruction, type);
        if (Create(instruction, type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16) is not { } one)
            return null;
        return (a, b, c, d) => one(a & 0xffff, b & 0xffff, c & 0xffff, d) | one(a >> 16, b >> 16, c >> 16, d) << 16;
    }

    private static LaneFunction? Create(PtxInstruction instruction, PtxType type)
    {
        PtxModifiers m = instruction.Modifiers;
        if (type == PtxType.F64 && DirectedDouble.IsDirected(m.Rounding))
            return Directed(instruction.Opcode, m.Rounding);
        if (type == PtxType.F64 && m.Has(PtxQualifiers.Approx) && m.Has(PtxQualifiers.Ftz))
            return CreateApproximateDouble(instruction.Opcode);
        bool ftz = m.Has(PtxQualifiers.Ftz), saturates = m.Has(PtxQualifiers.Sat), relu = m.Has(PtxQualifiers.Relu);
        PtxRounding rounding = m.Rounding;
        double In(ulong bits) => ToDouble(bits, type, ftz);
        ulong Out(double value, double error = 0)
        {
            if (saturates)
                (value, error) = double.IsNaN(value) || value <= 0 ? (0, 0) : value > 1
                    || (value == 1 && error >= 0) ? (1, 0) : (value, error);
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
                return (a, b, _, _) => Out(In(a) * In(b));
            case PtxOpcode.Fma or PtxOpcode.Mad:
                return type == PtxType.F64
                    ? (a, b, c, _) => Out(Math.FusedMultiplyAdd(In(a), In(b), In(c)))
                    : (a, b, c, _) => Add(In(a) * In(b), In(c), rounding, Out);
            case PtxOpcode.Div:
                return (a, b, _, _) => { double x = In(a), y = In(b), q = x / y;
                    return Out(q, double.IsFinite(q) && double.IsFinite(y) && q != 0 ? -Math.FusedMultiplyAdd(q, y, -x) * Math.Sign(y) : 0);
                        };
            case PtxOpcode.Rcp:
                return (a, _, _, _) => { double y = In(a), q = 1 / y;
                    return Out(q, double.IsFinite(q) && double.IsFinite(y) && q != 0 ? -Math.FusedMultiplyAdd(q, y, -1) * Math.Sign(y) : 0);
                        };
            case PtxOpcode.Sqrt:
                return (a, _, _, _) => { double x = In(a), r = Math.Sqrt(x);
                    return Out(r, double.IsFinite(r) && r != 0 ? -Math.FusedMultiplyAdd(r, r, -x) : 0); };
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
                return (a, _, _, _) => ftz
                    ? FromDouble(Math.Abs(In(a)), 0, type, rounding, ftz) : a & ~(1UL << signBit) & (ulong.MaxValue >> 63 - signBit);
            case PtxOpcode.Neg:
                return (a, _, _, _) => ftz
                    ? FromDouble(-In(a), 0, type, rounding, ftz) : (a ^ 1UL << signBit) & (ulong.MaxValue >> 63 - signBit);
            case PtxOpcode.Min or PtxOpcode.Max:
                bool least = instruction.Opcode == PtxOpcode.Min, nan = m.Has(PtxQualifiers.NaN);
                bool absolute = m.Has(PtxQualifiers.Absolute), signs = m.Has(PtxQualifiers.XorSign);
                if (absolute || signs)
                {
                    return (a, b, _, _) =>
                    {
                        double x = absolute ? Math.Abs(In(a)) : In(a), y = absolute ? Math.Abs(In(b)) : In(b);
                        double found = double.IsNaN(x) || double.IsNaN(y) ? nan
                            || (double.IsNaN(x) && double.IsNaN(y))
                                ? double.NaN : double.IsNaN(x) ? y : x : least ? Math.Min(x, y) : Math.Max(x, y);
                        return Out(signs && !double.IsNaN(found) ? Math.CopySign(found, ((a ^ b) >> signBit & 1) != 0 ? -1 : 1) : found);
                    };
                }

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
                        PtxMode.Finite => double.IsFinite(x), PtxMode.Infinite => double.IsInfinity(x), PtxMode.Number => !double.IsNaN(x),
                            PtxMode.NotANumber => double.IsNaN(x),
                        PtxMode.Normal => double.IsFinite(x) && !subnormal && x != 0, _ => subnormal,
                    } ? 1UL : 0;
                };
            default:
                return null;
        }
    }

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

    /// <summary>Doubles rounded in a direction.</summary>
    private static LaneFunction? Directed(PtxOpcode opcode, PtxRounding rounding)
    {
        static double In(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
        static ulong Out(double value) => double.IsNaN(value) ? CanonicalWideNaN : BitConverter.DoubleToUInt64Bits(value);
        return opcode switch
        {
            PtxOpcode.Add => (a, b, _, _) => Out(DirectedDouble.Add(In(a), In(b), rounding)),
            PtxOpcode.Sub => (a, b, _, _) => Out(DirectedDouble.Add(In(a), -In(b), rounding)),
            PtxOpcode.Mul => (a, b, _, _) => Out(DirectedDouble.Multiply(In(a), In(b), rounding)),
            PtxOpcode.Fma or PtxOpcode.Mad => (a, b, c, _) => Out(DirectedDouble.MultiplyAdd(In(a), In(b), In(c), rounding)),
            PtxOpcode.Div => (a, b, _, _) => Out(DirectedDouble.Divide(In(a), In(b), rounding)),
            PtxOpcode.Rcp => (a, _, _, _) => Out(DirectedDouble.Divide(1, In(a), rounding)),
            PtxOpcode.Sqrt => (a, _, _, _) => Out(DirectedDouble.SquareRoot(In(a), rounding)),
            _ => null,
        };
    }

    /// <summary>
    /// <c>rcp</c> and <c>rsqrt.approx.ftz.f64</c>: from the upper half of a double to the upper half of the result, the lower one being
    /// zero.
    /// </summary>
    private static LaneFunction? CreateApproximateDouble(PtxOpcode opcode)
    {
        const ulong upper = 0xffffffff00000000;
        static double In(ulong bits) => BitConverter.UInt64BitsToDouble((bits & 0x7ff0000000000000) == 0 ? bits & 1UL << 63 : bits & upper);
        static ulong Out(double value) =>
            double.IsNaN(value) ? CanonicalWideNaN & upper : BitConverter.DoubleToUInt64Bits(value) is var bits
            && (bits & 0x7ff0000000000000) == 0 ? bits & 1UL << 63 : bits & upper;
        return opcode switch
        {
            PtxOpcode.Rcp => (a, _, _, _) => Out(1 / In(a)),
            PtxOpcode.Rsqrt => (a, _, _, _) => Out(1 / Math.Sqrt(In(a))),
            _ => null,
        };
    }
}
