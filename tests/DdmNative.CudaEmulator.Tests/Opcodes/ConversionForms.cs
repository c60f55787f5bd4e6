using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Comparisons and conversions, according to chapters 9.7.5 and 9.7.9 of the PTX ISA.</summary>
internal static class ConversionForms
{
    private static readonly PtxType[] Numbers = [U8, S8, U16, S16, U32, S32, U64, S64];
    private static readonly PtxType[] Floats = [F16, BF16, F32, F64];
    private static readonly (string Word, PtxRounding Rounding)[] Directions = [("rn", PtxRounding.Rn), ("rz", PtxRounding.Rz),
        ("rm", PtxRounding.Rm), ("rp", PtxRounding.Rp)];
    private static readonly (string Word, PtxRounding Rounding)[] WholeDirections = [("rni", PtxRounding.Rni), ("rzi", PtxRounding.Rzi),
        ("rmi", PtxRounding.Rmi), ("rpi", PtxRounding.Rpi)];

    public static IEnumerable<OpcodeForm> All()
        => [.. Comparisons(), .. HalfComparisons(), .. Whole(), .. ToWhole(), .. FromWhole(), .. BetweenFloats(), .. Clamped(), .. Bytes()];

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();

    private static IEnumerable<OpcodeForm> Comparisons()
    {
        (string Word, Func<int, bool> Holds)[] ordered = [("eq", c => c == 0), ("ne", c => c != 0), ("lt", c => c < 0), ("le", c => c <= 0),
            ("gt", c => c > 0), ("ge", c => c >= 0)];
        foreach (PtxType type in IntegerForms.Types)
        {
            foreach ((string word, Func<int, bool> holds) in ordered)
            {
                Func<ulong[], ulong?> reference = v =>
                    holds(IntegerForms.Value(v[0], type).CompareTo(IntegerForms.Value(v[1], type))) ? 1UL : 0UL;
                yield return OpcodeForm.Plain($"setp.{word}.{Name(type)}", Pred, [type, type], reference);
                yield return OpcodeForm.Plain($"setp.{word}.xor.{Name(type)}", Pred, [type, type, Pred], v => reference(v) ^ v[2]);
                yield return OpcodeForm.Plain($"set.{word}.u32.{Name(type)}", U32, [type, type], v => reference(v) == 1
                    ? uint.MaxValue : 0UL);
                yield return OpcodeForm.Plain($"set.{word}.f32.{Name(type)}", F32, [type, type], v => reference(v) == 1
                    ? 0x3F800000UL : 0UL);
            }
        }

        foreach (PtxType type in Floats)
        {
            foreach ((string word, Func<int, bool> holds) in ordered)
            {
                foreach (bool unordered in new[] { false, true })
                {
                    string name = $"{word}{(unordered ? "u" : "")}";
                    Func<ulong[], ulong?> Reference(bool ftz)
                        => v => Compare(v[0], v[1], type, ftz) is { } c ? holds(c) ? 1UL : 0UL : unordered ? 1UL : 0UL;
                    yield return OpcodeForm.Plain($"setp.{name}.{Name(type)}", Pred, [type, type], Reference(false));
                    yield return OpcodeForm.Plain($"setp.{name}.or.{Name(type)}", Pred, [type, type, Pred],
                        v => Reference(false)(v) | v[2]);
                    if (type is F32 or F64)
                        yield return OpcodeForm.Plain($"set.{name}.u32.{Name(type)}", U32, [type, type], v => Reference(false)(v) == 1
                            ? uint.MaxValue : 0UL);
                    if (type == F32)
                        yield return OpcodeForm.Plain($"setp.{name}.ftz.{Name(type)}", Pred, [type, type], Reference(true));
                }
            }

            yield return OpcodeForm.Plain($"setp.num.{Name(type)}", Pred, [type, type], v => Compare(v[0], v[1], type, false) is null
                ? 0UL : 1UL);
            yield return OpcodeForm.Plain($"setp.nan.{Name(type)}", Pred, [type, type], v => Compare(v[0], v[1], type, false) is null
                ? 1UL : 0UL);
        }
    }

    private static int? Compare(ulong a, ulong b, PtxType type, bool ftz)
    {
        FloatFormat f = FloatFormat.ForType(type), wide = FloatFormat.ForType(F64);
        if (f.IsNaN(a) || f.IsNaN(b))
            return null;
        double Value(ulong bits)
            => BitConverter.UInt64BitsToDouble(ExactFloat.Convert(ftz ? f.Flushed(bits) : bits, f, wide, PtxRounding.Rn));
        double x = Value(a), y = Value(b);
        return x < y ? -1 : x > y ? 1 : 0;
    }

    private static IEnumerable<OpcodeForm> Whole()
    {
        foreach (PtxType to in Numbers)
        {
            foreach (PtxType from in Numbers)
            {
                yield return OpcodeForm.Plain($"cvt.{Name(to)}.{Name(from)}", to, [from], v =>
                    Extended(IntegerForms.Wrap(IntegerForms.Value(v[0], from), to), to));
                yield return OpcodeForm.Plain($"cvt.sat.{Name(to)}.{Name(from)}", to, [from], v =>
                    Extended(IntegerForms.Wrap(IntegerForms.Clamp(IntegerForms.Value(v[0], from), to), to), to));
            }
        }
    }

    /// <summary>A byte is extended to its 16-bit register by its sign, or by zeros.</summary>
    private static ulong Extended(ulong bits, PtxType type) => type == S8 ? (ushort)(sbyte)bits : bits;

    private static IEnumerable<OpcodeForm> ToWhole()
    {
        foreach (PtxType from in Floats)
        {
            FloatFormat f = FloatFormat.ForType(from);
            foreach (PtxType to in IntegerForms.Types)
            {
                foreach ((string word, PtxRounding rounding) in WholeDirections)
                {
                    ulong? Reference(ulong value)
                    {
                        // The conversion of NaN is defined only for single precision and narrower results: 0.
                        if (f.IsNaN(value))
                            return from == F64 || to.ByteSize() != 4 ? null : 0UL;
                        BigInteger whole = f.IsInfinite(value)
                            ? (BigInteger.One << 100) * (f.IsNegative(value) ? -1 : 1) : ExactFloat.ToInteger(value, f, rounding);
                        return IntegerForms.Wrap(IntegerForms.Clamp(whole, to), to);
                    }

                    yield return OpcodeForm.Plain($"cvt.{word}.{Name(to)}.{Name(from)}", to, [from], v => Reference(v[0]));
                    if (from == F32)
                        yield return OpcodeForm.Plain($"cvt.{word}.ftz.{Name(to)}.f32", to, [from], v => Reference(f.Flushed(v[0])));
                }
            }
        }
    }

    private static IEnumerable<OpcodeForm> FromWhole()
    {
        foreach (PtxType to in Floats)
        {
            foreach (PtxType from in Numbers)
            {
                foreach ((string word, PtxRounding rounding) in Directions)
                    yield return OpcodeForm.Plain($"cvt.{word}.{Name(to)}.{Name(from)}", to, [from], v =>
                        ExactFloat.FromInteger(IntegerForms.Value(v[0], from), FloatFormat.ForType(to), rounding));
            }
        }
    }

    private static IEnumerable<OpcodeForm> BetweenFloats()
    {
        FloatFormat half = FloatFormat.ForType(F16), brain = FloatFormat.ForType(BF16), single = FloatFormat.ForType(F32),
            wide = FloatFormat.ForType(F64);
        foreach ((PtxType to, PtxType from) in new[] { (F32, F16), (F32, BF16), (F64, F16), (F64, F32) })
            yield return OpcodeForm.Plain($"cvt.{Name(to)}.{Name(from)}", to, [from], v =>
                ExactFloat.Convert(v[0], FloatFormat.ForType(from), FloatFormat.ForType(to), PtxRounding.Rn));
        foreach ((PtxType to, PtxType from) in new[] { (F32, F64), (F16, F32), (F16, F64), (BF16, F32), (BF16, F64), (BF16, F16),
            (F16, BF16) })
        {
            foreach ((string word, PtxRounding rounding) in Directions)
                yield return OpcodeForm.Plain($"cvt.{word}.{Name(to)}.{Name(from)}", to, [from], v =>
                    ExactFloat.Convert(v[0], FloatFormat.ForType(from), FloatFormat.ForType(to), rounding));
        }

        foreach ((string word, PtxRounding rounding) in WholeDirections)
        {
            yield return OpcodeForm.Plain($"cvt.{word}.f32.f32", F32, [F32], v => WholeFloat(v[0], single, rounding));
            yield return OpcodeForm.Plain($"cvt.{word}.f64.f64", F64, [F64], v => WholeFloat(v[0], wide, rounding));
        }

        yield return OpcodeForm.Plain("cvt.ftz.f32.f32", F32, [F32], v => single.Flushed(v[0]));
        yield return OpcodeForm.Plain("cvt.rn.ftz.f32.f64", F32, [F64],
            v => single.Flushed(ExactFloat.Convert(v[0], wide, single, PtxRounding.Rn)));
        yield return OpcodeForm.Plain("cvt.rn.f16x2.f32", B32, [F32, F32], v => Pair(v, half));
        yield return OpcodeForm.Plain("cvt.rn.bf16x2.f32", B32, [F32, F32], v => Pair(v, brain));
        yield return new("cvt.rna.tf32.f32 {d}, {0}; and.b32 {d}, {d}, 0xFFFFE000;", B32, [F32],
            v => single.IsNaN(v[0]) ? null : ExactFloat.Convert(v[0], single, FloatFormat.ForType(TF32), PtxRounding.Rna) << 13);
    }

    /// <summary>Clamping: <c>.sat</c> to [0, 1], <c>.relu</c> to nonnegative values, <c>.satfinite</c> to finite values.</summary>
    private static IEnumerable<OpcodeForm> Clamped()
    {
        FloatFormat single = FloatFormat.ForType(F32);
        ulong Cut(ulong bits, PtxType to, PtxRounding rounding, bool relu, bool finite)
        {
            FloatFormat f = FloatFormat.ForType(to);
            ulong result = ExactFloat.Convert(bits, single, f, rounding);
            if (f.IsNaN(result))
                return result;
            result = finite && f.IsInfinite(result) ? result - 1 : result;
            return relu && f.IsNegative(result) ? 0 : result;
        }

        foreach ((string word, PtxRounding rounding) in Directions.Take(2))
        {
            foreach ((string end, bool relu, bool finite) in new[] { (".relu", true, false), (".satfinite", false, true),
                (".relu.satfinite", true, true) })
            {
                foreach ((PtxType to, PtxType pair) in new[] { (F16, F16x2), (BF16, BF16x2) })
                {
                    FloatFormat f = FloatFormat.ForType(to);
                    yield return OpcodeForm.Plain($"cvt.{word}{end}.{Name(to)}.f32", to, [F32], v => Cut(v[0], to, rounding, relu, finite));
                    yield return OpcodeForm.Plain($"cvt.{word}{end}.{Name(pair)}.f32", B32, [F32, F32], v =>
                        (Cut(v[0], to, rounding, relu, finite), Cut(v[1], to, rounding, relu, finite)) is var (high, low)
                        && (f.IsNaN(high) || f.IsNaN(low)) ? null : (high << 16) | low);
                }

                yield return new($"cvt.{word}{end}.tf32.f32 {{d}}, {{0}}; and.b32 {{d}}, {{d}}, 0xFFFFE000;", B32, [F32],
                    v => single.IsNaN(v[0]) ? null : Cut(v[0], TF32, rounding, relu, finite) << 13);
            }

        }

        yield return OpcodeForm.Plain("cvt.rz.f16x2.f32", B32, [F32, F32], v => Pair(v, FloatFormat.ForType(F16), PtxRounding.Rz));
        yield return OpcodeForm.Plain("cvt.rz.bf16x2.f32", B32, [F32, F32], v => Pair(v, FloatFormat.ForType(BF16), PtxRounding.Rz));

        yield return new("cvt.rna.satfinite.tf32.f32 {d}, {0}; and.b32 {d}, {d}, 0xFFFFE000;", B32, [F32], v => single.IsNaN(v[0])
            ? null : Cut(v[0], TF32, PtxRounding.Rna, false, true) << 13);
        foreach (PtxType type in Floats)
        {
            FloatFormat f = FloatFormat.ForType(type);
            yield return OpcodeForm.Plain($"cvt.sat.{Name(type)}.{Name(type)}", type, [type], v => FloatForms.Saturated(v[0], f),
                Closeness.AnyZero);
            foreach (PtxType from in new[] { S32, U8 })
                yield return OpcodeForm.Plain($"cvt.rn.sat.{Name(type)}.{Name(from)}", type, [from], v =>
                    IntegerForms.Value(v[0], from).Sign > 0 ? f.One : 0);
        }

        foreach (PtxType to in new[] { F16, BF16, F32 })
        {
            PtxType from = to == F32 ? F64 : F32;
            yield return OpcodeForm.Plain($"cvt.rz.sat.{Name(to)}.{Name(from)}", to, [from], v =>
                FloatForms.Saturated(
                    ExactFloat.Convert(v[0], FloatFormat.ForType(from), FloatFormat.ForType(to), PtxRounding.Rz), FloatFormat.ForType(to)),
                Closeness.AnyZero);
        }

        // Only single precision is flushed: a subnormal half is not subnormal in single precision, and is kept as a result.
        yield return OpcodeForm.Plain("cvt.rn.ftz.f16.f32", F16, [F32], v =>
            ExactFloat.Convert(single.Flushed(v[0]), single, FloatFormat.ForType(F16), PtxRounding.Rn));
        yield return OpcodeForm.Plain("cvt.ftz.f32.f16", F32, [F16], v =>
            ExactFloat.Convert(v[0], FloatFormat.ForType(F16), single, PtxRounding.Rn));
        yield return OpcodeForm.Plain("cvt.ftz.f64.f32", F64, [F32], v =>
            ExactFloat.Convert(single.Flushed(v[0]), single, FloatFormat.ForType(F64), PtxRounding.Rn));
    }

    /// <summary>8-bit floats: the nearest of all their values, ties to even.</summary>
    private static IEnumerable<OpcodeForm> Bytes()
    {
        foreach ((PtxType type, int exponentBits, ulong largest) in new[] { (E4M3x2, 4, 0x7EUL), (E5M2x2, 5, 0x7BUL) })
        {
            int mantissaBits = 7 - exponentBits, bias = (1 << (exponentBits - 1)) - 1;
            double Value(ulong bits)
            {
                ulong magnitude = bits & 0x7F;
                int field = (int)(magnitude >> mantissaBits), mantissa = (int)magnitude & ((1 << mantissaBits) - 1);
                double value = field == 0
                    ? mantissa * Math.Pow(2, 1 - bias - mantissaBits)
                        : (mantissa + (1 << mantissaBits)) * Math.Pow(2, field - bias - mantissaBits);
                return magnitude <= largest ? bits > 0x7F ? -value : value : type == E5M2x2
                    && magnitude == 0x7C ? bits > 0x7F ? double.NegativeInfinity : double.PositiveInfinity : double.NaN;
            }

            ulong Nearest(double value, bool relu)
            {
                ulong best = 0;
                double magnitude = Math.Min(Math.Abs(value), Value(largest));
                for (ulong bits = 1; bits <= largest; bits++)
                {
                    double nearer = Math.Abs(Value(best) - magnitude) - Math.Abs(Value(bits) - magnitude);
                    best = nearer > 0 || (nearer == 0 && bits % 2 == 0) ? bits : best;
                }

                return !double.IsNegative(value) ? best : relu ? 0 : best | 0x80;
            }

            double FromSingle(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);
            double FromHalf(ulong bits) => (double)BitConverter.UInt16BitsToHalf((ushort)bits);
            ulong? Two(double high, double low, bool relu)
                => double.IsNaN(high) || double.IsNaN(low) ? null : (Nearest(high, relu) << 8) | Nearest(low, relu);
            ulong? Halves(ulong bits, bool relu)
            {
                (double high, double low) = (Value(bits >> 8), Value(bits & 0xFF));
                ulong Half(double value) => BitConverter.HalfToUInt16Bits((Half)(relu && double.IsNegative(value) ? 0 : value));
                return double.IsNaN(high) || double.IsNaN(low) ? null : (Half(high) << 16) | Half(low);
            }

            foreach (bool relu in new[] { false, true })
            {
                string end = relu ? ".relu" : "";
                yield return OpcodeForm.Plain($"cvt.rn.satfinite{end}.{Name(type)}.f32", B16, [F32, F32],
                    v => Two(FromSingle(v[0]), FromSingle(v[1]), relu));
                yield return OpcodeForm.Plain($"cvt.rn.satfinite{end}.{Name(type)}.f16x2", B16, [F16x2],
                    v => Two(FromHalf(v[0] >> 16), FromHalf(v[0]), relu));
                yield return OpcodeForm.Plain($"cvt.rn{end}.f16x2.{Name(type)}", B32, [B16], v => Halves(v[0], relu));
            }
        }
    }

    /// <summary><c>set</c> to and from halves, and both results of comparing two halves at once.</summary>
    private static IEnumerable<OpcodeForm> HalfComparisons()
    {
        (string Word, Func<int?, bool> Holds)[] comparisons = [("lt", c => c < 0), ("ne", c => c is not (null or 0)),
            ("geu", c => c is null or >= 0), ("nan", c => c is null), ("num", c => c is not null)];
        foreach ((PtxType type, PtxType pair) in new[] { (F16, F16x2), (BF16, BF16x2) })
        {
            ulong one = FloatFormat.ForType(type).One;
            foreach ((string word, Func<int?, bool> holds) in comparisons)
            {
                bool At(ulong[] v, int half) => holds(Compare((v[0] >> (16 * half)) & 0xFFFF, (v[1] >> (16 * half)) & 0xFFFF, type, false));
                ulong Both(ulong[] v, ulong yes) => (At(v, 0) ? yes : 0) | (At(v, 1) ? yes << 16 : 0);
                yield return OpcodeForm.Plain($"set.{word}.{Name(type)}.{Name(type)}", B16, [type, type], v => At(v, 0) ? one : 0);
                yield return OpcodeForm.Plain($"set.{word}.u16.{Name(type)}", B16, [type, type], v => At(v, 0) ? 0xFFFFUL : 0);
                yield return OpcodeForm.Plain($"set.{word}.and.{Name(type)}.f32", B16, [F32, F32, Pred],
                    v => holds(Compare(v[0], v[1], F32, false)) && v[2] != 0 ? one : 0);
                yield return OpcodeForm.Plain($"set.{word}.{Name(pair)}.{Name(pair)}", B32, [pair, pair], v => Both(v, one));
                yield return OpcodeForm.Plain($"set.{word}.u32.{Name(pair)}", B32, [pair, pair], v => Both(v, 0xFFFF));
                yield return new($"{{ .reg .pred low, high; setp.{word}.{Name(pair)} low|high, {{0}}, {{1}}; selp.b32 {{d}}, 1, 0, low; "
                    + $"@high add.u32 {{d}}, {{d}}, 2; }}", B32, [pair, pair], v => (At(v, 0) ? 1UL : 0) + (At(v, 1) ? 2UL : 0));
                yield return new($"{{ .reg .pred low, high; setp.{word}.or.{Name(pair)} low|high, {{0}}, {{1}}, {{2}}; selp.b32 {{d}}, 1, "
                    + $"0, low; @high add.u32 {{d}}, {{d}}, 2; }}", B32, [pair, pair, Pred],
                    v => v[2] != 0 ? 3 : (At(v, 0) ? 1UL : 0) + (At(v, 1) ? 2UL : 0));
            }
        }
    }

    private static ulong? Pair(ulong[] v, FloatFormat to, PtxRounding rounding = PtxRounding.Rn)
    {
        ulong high = ExactFloat.Convert(v[0], FloatFormat.ForType(F32), to, rounding),
            low = ExactFloat.Convert(v[1], FloatFormat.ForType(F32), to, rounding);
        return to.IsNaN(high) || to.IsNaN(low) ? null : (high << 16) | low;
    }

    private static ulong WholeFloat(ulong bits, FloatFormat format, PtxRounding rounding)
    {
        if (format.IsNaN(bits) || format.IsInfinite(bits))
            return bits;
        ulong whole = ExactFloat.FromInteger(ExactFloat.ToInteger(bits, format, rounding), format, PtxRounding.Rn);
        return whole | (bits & format.Sign);
    }
}
