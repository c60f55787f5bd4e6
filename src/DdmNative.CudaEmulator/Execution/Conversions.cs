using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// <c>cvt</c>, as in the PTX ISA 8.x, 9.7.9: integers wrap or saturate, floats are rounded once in the named direction. <c>.ftz</c> flushes
/// only single precision. A NaN that is converted to an integer gives 0, or the minimum for 64 bits, which the ISA leaves open.
/// </summary>
internal static class Conversions
{
    public static LaneFunction Create(PtxModifiers m)
    {
        (PtxType to, PtxType from) = (m.Types[0], m.Types[1]);
        if (to is PtxType.F16x2 or PtxType.BF16x2 or PtxType.E4M3x2 or PtxType.E5M2x2)
            return Pair(m);
        if (to == PtxType.TF32)
            return (a, _, _, _) => (ulong)Narrowed(FloatFunctions.ToDouble(a, from), m) << 13;
        return (from.IsFloat(), to.IsFloat()) switch
        {
            (false, false) => BetweenIntegers(m),
            (false, true) => FromInteger(m),
            (true, false) => FloatToInteger(m),
            _ => BetweenFloats(m),
        };
    }

    /// <summary>Two values in one register: from two floats, the first in the upper half, or from another pair.</summary>
    private static LaneFunction Pair(PtxModifiers m)
    {
        (PtxType to, PtxType from) = (m.Types[0], m.Types[1]);
        int bits = to.ByteSize() * 4, fromBits = from.ByteSize() * 4;
        if (from == PtxType.F32)
            return (a, b, _, _) => (ulong)Narrowed(FloatFunctions.ToDouble(a, from), m) << bits
                | Narrowed(FloatFunctions.ToDouble(b, from), m);
        NarrowFormat source = NarrowFormat.ForType(from);
        uint mask = (1u << fromBits) - 1;
        return (a, _, _, _) => (ulong)Narrowed(source.Value((uint)(a >> fromBits) & mask), m) << bits
            | Narrowed(source.Value((uint)a & mask), m);
    }

    private static uint Narrowed(double value, PtxModifiers m) =>
        NarrowFormat.ForType(m.Types[0]).Round(
            m.Has(PtxQualifiers.Relu) ? Positive(value) : value, m.Rounding, m.Has(PtxQualifiers.Satfinite));

    private static (Int128 Min, Int128 Max) Range(PtxType type)
    {
        int bits = type.ByteSize() * 8;
        return type.IsSigned() ? (-(Int128.One << bits - 1), (Int128.One << bits - 1) - 1) : (0, (Int128.One << bits) - 1);
    }

    /// <summary>The bits of an integer; one that is narrower than its register is sign-extended.</summary>
    private static ulong Widened(Int128 value, PtxType type)
    {
        int unused = 64 - type.ByteSize() * 8;
        ulong low = (ulong)(value & ulong.MaxValue) << unused;
        return type.IsSigned() ? (ulong)((long)low >> unused) : low >> unused;
    }

    private static Int128 ToInteger(ulong bits, PtxType type)
    {
        int unused = 64 - type.ByteSize() * 8;
        return type.IsSigned() ? (long)(bits << unused) >> unused : (Int128)(bits << unused >> unused);
    }

    private static LaneFunction BetweenIntegers(PtxModifiers m)
    {
        (PtxType to, PtxType from) = (m.Types[0], m.Types[1]);
        (Int128 least, Int128 most) = Range(to);
        return m.Has(PtxQualifiers.Sat)
            ? (a, _, _, _) => Widened(Int128.Clamp(ToInteger(a, from), least, most), to)
            : (a, _, _, _) => Widened(ToInteger(a, from), to);
    }

    private static LaneFunction FromInteger(PtxModifiers m)
    {
        (PtxType to, PtxType from, PtxRounding rounding) = (m.Types[0], m.Types[1], m.Rounding);
        if (m.Has(PtxQualifiers.Sat))
            return (a, _, _, _) => FloatFunctions.FromDouble(Math.Clamp((double)ToInteger(a, from), 0, 1), 0, to, rounding);
        if (to == PtxType.F64)
            return (a, _, _, _) => BitConverter.DoubleToUInt64Bits(Wide(ToInteger(a, from), rounding));
        return (a, _, _, _) =>
        {
            Int128 whole = ToInteger(a, from);
            double value = (double)whole;
            return FloatFunctions.FromDouble(value, (double)(whole - (Int128)value), to, rounding);
        };
    }

    private static double Wide(Int128 whole, PtxRounding rounding)
    {
        double value = (double)whole;
        Int128 error = whole - (Int128)value;
        return (rounding, error < 0, error > 0, value > 0) switch
        {
            (PtxRounding.Rm, true, _, _) or (PtxRounding.Rz, true, _, true) => Math.BitDecrement(value),
            (PtxRounding.Rp, _, true, _) or (PtxRounding.Rz, _, true, false) => Math.BitIncrement(value),
            _ => value,
        };
    }

    private static LaneFunction FloatToInteger(PtxModifiers m)
    {
        (PtxType to, PtxType from, PtxRounding rounding) = (m.Types[0], m.Types[1], m.Rounding);
        (Int128 least, Int128 most) = Range(to);
        bool ftz = m.Has(PtxQualifiers.Ftz) && from == PtxType.F32;
        int bits = to.ByteSize() * 8;
        ulong ofNaN = bits == 64 ? 1UL << 63 : from == PtxType.F64 && bits == 32 ? 0x80000000 : 0;
        return (a, _, _, _) =>
        {
            double value = Rounded(FloatFunctions.ToDouble(a, from, ftz), rounding);
            return double.IsNaN(value) ? ofNaN : Widened(value <= (double)least ? least : value >= (double)most ? most : (Int128)value, to);
        };
    }

    private static LaneFunction BetweenFloats(PtxModifiers m)
    {
        (PtxType to, PtxType from, PtxRounding rounding) = (m.Types[0], m.Types[1], m.Rounding);
        bool ftz = m.Has(PtxQualifiers.Ftz), saturates = m.Has(PtxQualifiers.Sat), relu = m.Has(PtxQualifiers.Relu),
            finite = m.Has(PtxQualifiers.Satfinite);
        bool whole = rounding is PtxRounding.Rni or PtxRounding.Rzi or PtxRounding.Rmi or PtxRounding.Rpi;
        return (a, _, _, _) =>
        {
            double value = FloatFunctions.ToDouble(a, from, ftz && from == PtxType.F32);
            if (whole)
                value = Rounded(value, rounding);
            if (saturates)
                value = double.IsNaN(value) || value <= 0 ? 0 : Math.Min(value, 1);
            if (relu)
                value = Positive(value);
            return finite ? NarrowFormat.ForType(to).Round(value, rounding, true)
                : FloatFunctions.FromDouble(value, 0, to, rounding, ftz && to == PtxType.F32);
        };
    }

    /// <summary>The greater of the value and +0, which is also greater than −0.</summary>
    private static double Positive(double value) => double.IsNegative(value) && !double.IsNaN(value) ? 0 : value;

    private static double Rounded(double value, PtxRounding rounding) => rounding switch
    {
        PtxRounding.Rzi => Math.Truncate(value), PtxRounding.Rmi => Math.Floor(value), PtxRounding.Rpi => Math.Ceiling(value),
            _ => Math.Round(value, MidpointRounding.ToEven),
    };
}
