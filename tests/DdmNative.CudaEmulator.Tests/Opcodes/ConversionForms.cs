using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Comparisons and conversions, after chapters 9.7.5 and 9.7.9 of the PTX ISA.</summary>
internal static class ConversionForms
{
    private static readonly PtxType[] Numbers = [U8, S8, U16, S16, U32, S32, U64, S64];
    private static readonly PtxType[] Floats = [F16, BF16, F32, F64];
    private static readonly (string Word, PtxRounding Rounding)[] Directions = [("rn", PtxRounding.Rn), ("rz", PtxRounding.Rz), ("rm", PtxRounding.Rm), ("rp", PtxRounding.Rp)];
    private static readonly (string Word, PtxRounding Rounding)[] WholeDirections = [("rni", PtxRounding.Rni), ("rzi", PtxRounding.Rzi), ("rmi", PtxRounding.Rmi), ("rpi", PtxRounding.Rpi)];

    public static IEnumerable<OpcodeForm> All() => [.. Comparisons(), .. Whole(), .. ToWhole(), .. FromWhole(), .. BetweenFloats()];

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();

    private static IEnumerable<OpcodeForm> Comparisons()
    {
        (string Word, Func<int, bool> Holds)[] ordered = [("eq", c => c == 0), ("ne", c => c != 0), ("lt", c => c < 0), ("le", c => c <= 0), ("gt", c => c > 0), ("ge", c => c >= 0)];
        foreach (PtxType type in WholeNumberForms.Types)
        {
            foreach ((string word, Func<int, bool> holds) in ordered)
            {
                Func<ulong[], ulong?> reference = v => holds(WholeNumberForms.Value(v[0], type).CompareTo(WholeNumberForms.Value(v[1], type))) ? 1UL : 0UL;
                yield return OpcodeForm.Plain($"setp.{word}.{Name(type)}", Pred, [type, type], reference);
                yield return OpcodeForm.Plain($"setp.{word}.xor.{Name(type)}", Pred, [type, type, Pred], v => reference(v) ^ v[2]);
                yield return OpcodeForm.Plain($"set.{word}.u32.{Name(type)}", U32, [type, type], v => reference(v) == 1 ? uint.MaxValue : 0UL);
                yield return OpcodeForm.Plain($"set.{word}.f32.{Name(type)}", F32, [type, type], v => reference(v) == 1 ? 0x3F800000UL : 0UL);
            }
        }

        foreach (PtxType type in Floats)
        {
            foreach ((string word, Func<int, bool> holds) in ordered)
            {
                foreach (bool unordered in new[] { false, true })
                {
                    string name = $"{word}{(unordered ? "u" : "")}";
                    Func<ulong[], ulong?> Reference(bool ftz) => v => Compare(v[0], v[1], type, ftz) is { } c ? holds(c) ? 1UL : 0UL : unordered ? 1UL : 0UL;
                    yield return OpcodeForm.Plain($"setp.{name}.{Name(type)}", Pred, [type, type], Reference(false));
                    yield return OpcodeForm.Plain($"setp.{name}.or.{Name(type)}", Pred, [type, type, Pred], v => Reference(false)(v) | v[2]);
                    if (type is F32 or F64)
                        yield return OpcodeForm.Plain($"set.{name}.u32.{Name(type)}", U32, [type, type], v => Reference(false)(v) == 1 ? uint.MaxValue : 0UL);
                    if (type == F32)
                        yield return OpcodeForm.Plain($"setp.{name}.ftz.{Name(type)}", Pred, [type, type], Reference(true));
                }
            }

            yield return OpcodeForm.Plain($"setp.num.{Name(type)}", Pred, [type, type], v => Compare(v[0], v[1], type, false) is null ? 0UL : 1UL);
            yield return OpcodeForm.Plain($"setp.nan.{Name(type)}", Pred, [type, type], v => Compare(v[0], v[1], type, false) is null ? 1UL : 0UL);
        }
    }

    private static int? Compare(ulong a, ulong b, PtxType type, bool ftz)
    {
        FloatFormat f = FloatFormat.Of(type), wide = FloatFormat.Of(F64);
        if (f.IsNaN(a) || f.IsNaN(b))
            return null;
        double Value(ulong bits) => BitConverter.UInt64BitsToDouble(ExactFloat.Convert(ftz ? f.Flushed(bits) : bits, f, wide, PtxRounding.Rn));
        double x = Value(a), y = Value(b);
        return x < y ? -1 : x > y ? 1 : 0;
    }

    private static IEnumerable<OpcodeForm> Whole()
    {
        foreach (PtxType to in Numbers)
        {
            foreach (PtxType from in Numbers)
            {
                yield return OpcodeForm.Plain($"cvt.{Name(to)}.{Name(from)}", to, [from], v => Extended(WholeNumberForms.Wrap(WholeNumberForms.Value(v[0], from), to), to));
                yield return OpcodeForm.Plain($"cvt.sat.{Name(to)}.{Name(from)}", to, [from], v => Extended(WholeNumberForms.Wrap(WholeNumberForms.Clamp(WholeNumberForms.Value(v[0], from), to), to), to));
            }
        }
    }

    /// <summary>A byte fills its register of 16 bits by its sign, or by zeros.</summary>
    private static ulong Extended(ulong bits, PtxType type) => type == S8 ? (ushort)(sbyte)bits : bits;

    private static IEnumerable<OpcodeForm> ToWhole()
    {
        foreach (PtxType from in Floats)
        {
            FloatFormat f = FloatFormat.Of(from);
            foreach (PtxType to in WholeNumberForms.Types)
            {
                foreach ((string word, PtxRounding rounding) in WholeDirections)
                {
                    ulong? Reference(ulong value)
                    {
                        // Of NaN only singles and narrower results are told: 0.
                        if (f.IsNaN(value))
                            return from == F64 || to.ByteSize() != 4 ? null : 0UL;
                        BigInteger whole = f.IsInfinite(value) ? (BigInteger.One << 100) * (f.IsNegative(value) ? -1 : 1) : ExactFloat.ToInteger(value, f, rounding);
                        return WholeNumberForms.Wrap(WholeNumberForms.Clamp(whole, to), to);
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
                foreach ((string word, PtxRounding rounding) in Directions.Take(to is F16 or BF16 ? 1 : 4))
                    yield return OpcodeForm.Plain($"cvt.{word}.{Name(to)}.{Name(from)}", to, [from], v => ExactFloat.FromInteger(WholeNumberForms.Value(v[0], from), FloatFormat.Of(to), rounding));
            }
        }
    }

    private static IEnumerable<OpcodeForm> BetweenFloats()
    {
        FloatFormat half = FloatFormat.Of(F16), brain = FloatFormat.Of(BF16), single = FloatFormat.Of(F32), wide = FloatFormat.Of(F64);
        foreach ((PtxType to, PtxType from) in new[] { (F32, F16), (F32, BF16), (F64, F16), (F64, F32) })
            yield return OpcodeForm.Plain($"cvt.{Name(to)}.{Name(from)}", to, [from], v => ExactFloat.Convert(v[0], FloatFormat.Of(from), FloatFormat.Of(to), PtxRounding.Rn));
        foreach ((PtxType to, PtxType from) in new[] { (F32, F64), (F16, F32), (F16, F64), (BF16, F32) })
        {
            foreach ((string word, PtxRounding rounding) in Directions.Take(to == BF16 ? 2 : 4))
                yield return OpcodeForm.Plain($"cvt.{word}.{Name(to)}.{Name(from)}", to, [from], v => ExactFloat.Convert(v[0], FloatFormat.Of(from), FloatFormat.Of(to), rounding));
        }

        foreach ((string word, PtxRounding rounding) in WholeDirections)
        {
            yield return OpcodeForm.Plain($"cvt.{word}.f32.f32", F32, [F32], v => WholeFloat(v[0], single, rounding));
            yield return OpcodeForm.Plain($"cvt.{word}.f64.f64", F64, [F64], v => WholeFloat(v[0], wide, rounding));
        }

        yield return OpcodeForm.Plain("cvt.sat.f32.f32", F32, [F32], v => FloatForms.Saturated(v[0], single), Closeness.AnyZero);
        yield return OpcodeForm.Plain("cvt.ftz.f32.f32", F32, [F32], v => single.Flushed(v[0]));
        yield return OpcodeForm.Plain("cvt.rn.ftz.f32.f64", F32, [F64], v => single.Flushed(ExactFloat.Convert(v[0], wide, single, PtxRounding.Rn)));
        yield return OpcodeForm.Plain("cvt.rn.f16x2.f32", B32, [F32, F32], v => Pair(v, half));
        yield return OpcodeForm.Plain("cvt.rn.bf16x2.f32", B32, [F32, F32], v => Pair(v, brain));
        yield return new("cvt.rna.tf32.f32 {d}, {0}; and.b32 {d}, {d}, 0xFFFFE000;", B32, [F32],
            v => single.IsNaN(v[0]) ? null : ExactFloat.Convert(v[0], single, FloatFormat.Of(TF32), PtxRounding.Rna) << 13);
    }

    private static ulong? Pair(ulong[] v, FloatFormat to)
    {
        ulong high = ExactFloat.Convert(v[0], FloatFormat.Of(F32), to, PtxRounding.Rn), low = ExactFloat.Convert(v[1], FloatFormat.Of(F32), to, PtxRounding.Rn);
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
