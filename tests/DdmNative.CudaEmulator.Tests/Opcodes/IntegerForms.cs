using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Integer arithmetic, according to chapters 9.7.1 and 9.7.2 of the PTX ISA.</summary>
internal static class IntegerForms
{
    public static readonly PtxType[] Types = [U16, S16, U32, S32, U64, S64];

    public static IEnumerable<OpcodeForm> All() => [.. Types.SelectMany(OfType), .. Narrow(), .. Carries(), .. DotProducts(), .. Pairs()];

    public static int Bits(PtxType type) => 8 * type.ByteSize();

    public static BigInteger Value(ulong bits, PtxType type)
    {
        ulong low = Low(bits, type);
        return type.IsSigned() && low >> (Bits(type) - 1) != 0 ? new BigInteger(low) - (BigInteger.One << Bits(type)) : low;
    }

    public static ulong Wrap(BigInteger value, PtxType type) => (ulong)(value & ((BigInteger.One << Bits(type)) - 1));

    public static ulong Low(ulong bits, PtxType type) => Bits(type) == 64 ? bits : bits & ((1UL << Bits(type)) - 1);

    public static BigInteger Clamp(BigInteger value, PtxType type)
    {
        BigInteger least = type.IsSigned()
            ? -(BigInteger.One << (Bits(type) - 1)) : 0, most = (BigInteger.One << (Bits(type) - (type.IsSigned() ? 1 : 0))) - 1;
        return BigInteger.Max(least, BigInteger.Min(most, value));
    }

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();

    private static OpcodeForm Form(string opcode, PtxType type, int sources, Func<BigInteger[], BigInteger?> reference,
        PtxType result = None) =>
        OpcodeForm.Plain($"{opcode}.{Name(type)}", result == None ? type : result, [.. Enumerable.Repeat(type, sources)],
            bits => reference([.. bits.Select(one => Value(one, type))]) is { } value ? Wrap(value, result == None ? type : result) : null);

    private static IEnumerable<OpcodeForm> OfType(PtxType type)
    {
        int bits = Bits(type);
        yield return Form("add", type, 2, v => v[0] + v[1]);
        yield return Form("sub", type, 2, v => v[0] - v[1]);
        yield return Form("mul.lo", type, 2, v => v[0] * v[1]);
        yield return Form("mul.hi", type, 2, v => v[0] * v[1] >> bits);
        yield return Form("mad.lo", type, 3, v => v[0] * v[1] + v[2]);
        yield return Form("mad.hi", type, 3, v => (v[0] * v[1] >> bits) + v[2]);
        yield return Form("sad", type, 3, v => v[2] + BigInteger.Abs(v[0] - v[1]));
        // Division by zero, and the one quotient that does not fit, have no defined result.
        yield return Form("div", type, 2, v => v[1].IsZero || Clamp(v[0] / v[1], type) != v[0] / v[1] ? null : v[0] / v[1]);
        yield return Form("rem", type, 2, v => v[1].IsZero || Clamp(v[0] / v[1], type) != v[0] / v[1] ? null : v[0] % v[1]);
        yield return Form("min", type, 2, v => BigInteger.Min(v[0], v[1]));
        yield return Form("max", type, 2, v => BigInteger.Max(v[0], v[1]));
        if (type.IsSigned())
        {
            yield return Form("abs", type, 1, v => BigInteger.Abs(v[0]));
            yield return Form("neg", type, 1, v => -v[0]);
        }

        if (bits == 64)
            yield break;
        PtxType wide = type switch { U16 => U32, S16 => S32, U32 => U64, _ => S64 };
        yield return Form("mul.wide", type, 2, v => v[0] * v[1], wide);
        yield return OpcodeForm.Plain($"mad.wide.{Name(type)}", wide, [type, type, wide],
            v => Wrap(Value(v[0], type) * Value(v[1], type) + Value(v[2], wide), wide));
    }

    private static IEnumerable<OpcodeForm> Narrow()
    {
        yield return Form("add.sat", S32, 2, v => Clamp(v[0] + v[1], S32));
        yield return Form("sub.sat", S32, 2, v => Clamp(v[0] - v[1], S32));
        yield return Form("mad.hi.sat", S32, 3, v => Clamp((v[0] * v[1] >> 32) + v[2], S32));
        foreach (PtxType type in new[] { U32, S32 })
        {
            BigInteger Low24(BigInteger value)
            {
                BigInteger low = value & 0xFFFFFF;
                return type == S32 && low >> 23 != 0 ? low - 0x1000000 : low;
            }

            yield return Form("mul24.lo", type, 2, v => Low24(v[0]) * Low24(v[1]));
            yield return Form("mul24.hi", type, 2, v => Low24(v[0]) * Low24(v[1]) >> 16);
            yield return Form("mad24.lo", type, 3, v => Low24(v[0]) * Low24(v[1]) + v[2]);
            yield return Form("mad24.hi", type, 3, v => (Low24(v[0]) * Low24(v[1]) >> 16) + v[2]);
        }
    }

    /// <summary>Uses the carry of a first instruction in a second one.</summary>
    private static IEnumerable<OpcodeForm> Carries()
    {
        foreach (PtxType type in new[] { U32, S32, U64, S64 })
        {
            string name = Name(type);
            BigInteger modulus = BigInteger.One << Bits(type);
            int Carry(ulong a, ulong b) => new BigInteger(a) + b >= modulus ? 1 : 0;
            yield return new($"add.cc.{name} {{d}}, {{0}}, {{1}}; addc.{name} {{d}}, {{2}}, 7;", type, [type, type, type],
                v => Wrap(v[2] + new BigInteger(7) + Carry(v[0], v[1]), type));
            yield return new($"add.cc.{name} {{d}}, {{0}}, {{1}}; addc.cc.{name} {{d}}, {{1}}, {{2}}; addc.{name} {{d}}, 0, 0;", type,
                [type, type, type],
                v => new BigInteger(v[1]) + v[2] + Carry(v[0], v[1]) >= modulus ? 1UL : 0UL);
            yield return new($"sub.cc.{name} {{d}}, {{0}}, {{1}}; subc.{name} {{d}}, {{2}}, 7;", type, [type, type, type],
                v => Wrap(v[2] - new BigInteger(7) - (v[0] < v[1] ? 1 : 0), type));
            yield return new($"mad.lo.cc.{name} {{d}}, {{0}}, {{1}}, {{2}}; madc.hi.{name} {{d}}, {{0}}, {{1}}, 5;", type,
                [type, type, type], v =>
                Wrap((Value(v[0], type) * Value(v[1], type) >> Bits(type)) + 5
                + Carry(Wrap(Value(v[0], type) * Value(v[1], type), type), v[2]), type));
        }
    }

    private static IEnumerable<OpcodeForm> DotProducts()
    {
        foreach (PtxType left in new[] { U32, S32 })
        {
            foreach (PtxType right in new[] { U32, S32 })
            {
                long A(ulong bits, int size, int i) => Part(bits, size, i, left == S32);
                long B(ulong bits, int i) => Part(bits, 8, i, right == S32);
                PtxType result = left == U32 && right == U32 ? U32 : S32;
                PtxType[] sources = [left, right, result];
                string types = $"{Name(left)}.{Name(right)}";
                yield return OpcodeForm.Plain($"dp4a.{types}", result, sources,
                    v => (uint)((long)v[2] + Enumerable.Range(0, 4).Sum(i => A(v[0], 8, i) * B(v[1], i))));
                yield return OpcodeForm.Plain($"dp2a.lo.{types}", result, sources,
                    v => (uint)((long)v[2] + Enumerable.Range(0, 2).Sum(i => A(v[0], 16, i) * B(v[1], i))));
                yield return OpcodeForm.Plain($"dp2a.hi.{types}", result, sources,
                    v => (uint)((long)v[2] + Enumerable.Range(0, 2).Sum(i => A(v[0], 16, i) * B(v[1], i + 2))));
            }
        }
    }

    /// <summary>Two 16-bit integers in a register, and clamping at zero.</summary>
    private static IEnumerable<OpcodeForm> Pairs()
    {
        foreach ((PtxType pair, PtxType type) in new[] { (U16x2, U16), (S16x2, S16) })
        {
            Func<ulong[], ulong?> Both(Func<BigInteger, BigInteger, BigInteger> one) => v =>
                Wrap(one(Value(v[0], type), Value(v[1], type)), type)
                | (Wrap(one(Value(v[0] >> 16, type), Value(v[1] >> 16, type)), type) << 16);
            yield return OpcodeForm.Plain($"add.{Name(pair)}", B32, [B32, B32], Both((a, b) => a + b));
            yield return OpcodeForm.Plain($"min.{Name(pair)}", B32, [B32, B32], Both(BigInteger.Min));
            yield return OpcodeForm.Plain($"max.{Name(pair)}", B32, [B32, B32], Both(BigInteger.Max));
            if (pair != S16x2)
                continue;
            yield return OpcodeForm.Plain("min.s16x2.relu", B32, [B32, B32], Both((a, b) => BigInteger.Max(BigInteger.Min(a, b), 0)));
            yield return OpcodeForm.Plain("max.relu.s16x2", B32, [B32, B32], Both((a, b) => BigInteger.Max(BigInteger.Max(a, b), 0)));
        }

        yield return Form("min.relu", S32, 2, v => BigInteger.Max(BigInteger.Min(v[0], v[1]), 0));
        yield return Form("max.relu", S32, 2, v => BigInteger.Max(BigInteger.Max(v[0], v[1]), 0));
    }

    private static long Part(ulong bits, int size, int index, bool signed)
    {
        long part = (long)(bits >> (size * index)) & ((1L << size) - 1);
        return signed && part >> (size - 1) != 0 ? part - (1L << size) : part;
    }
}
