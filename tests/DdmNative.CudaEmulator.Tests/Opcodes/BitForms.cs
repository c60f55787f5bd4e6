using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Logic, shifts and bit fields, according to chapters 9.7.1 and 9.7.8 of the PTX ISA, bit by bit as in its pseudocode.</summary>
internal static class BitForms
{
    private static readonly PtxType[] Words = [B16, B32, B64];

    public static IEnumerable<OpcodeForm> All()
        => [.. Words.SelectMany(Logic), .. Shifts(), .. Counts(), .. Fields(), .. Funnels(), .. Bytes(), .. Masks()];

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();

    private static IEnumerable<OpcodeForm> Logic(PtxType type)
    {
        string name = Name(type);
        yield return OpcodeForm.Plain($"and.{name}", type, [type, type], v => v[0] & v[1]);
        yield return OpcodeForm.Plain($"or.{name}", type, [type, type], v => v[0] | v[1]);
        yield return OpcodeForm.Plain($"xor.{name}", type, [type, type], v => v[0] ^ v[1]);
        yield return OpcodeForm.Plain($"not.{name}", type, [type], v => IntegerForms.Low(~v[0], type));
        yield return OpcodeForm.Plain($"cnot.{name}", type, [type], v => v[0] == 0 ? 1UL : 0UL);
        yield return OpcodeForm.Plain($"mov.{name}", type, [type], v => v[0]);
        yield return OpcodeForm.Plain($"selp.{name}", type, [type, type, Pred], v => v[2] != 0 ? v[0] : v[1]);
        yield return OpcodeForm.Plain($"slct.{name}.s32", type, [type, type, S32], v => (int)v[2] >= 0 ? v[0] : v[1]);
        yield return OpcodeForm.Plain($"slct.{name}.f32", type, [type, type, F32], v => BitConverter.UInt32BitsToSingle((uint)v[2]) >= 0
            ? v[0] : v[1]);
        yield return OpcodeForm.Plain($"slct.ftz.{name}.f32", type, [type, type, F32], v =>
            BitConverter.UInt32BitsToSingle((uint)FloatFormat.ForType(F32).Flushed(v[2])) >= 0 ? v[0] : v[1]);
        if (type == B16)
        {
            yield return OpcodeForm.Plain("and.pred", Pred, [Pred, Pred], v => v[0] & v[1]);
            yield return OpcodeForm.Plain("or.pred", Pred, [Pred, Pred], v => v[0] | v[1]);
            yield return OpcodeForm.Plain("xor.pred", Pred, [Pred, Pred], v => v[0] ^ v[1]);
            yield return OpcodeForm.Plain("not.pred", Pred, [Pred], v => v[0] ^ 1);
            yield return OpcodeForm.Plain("mov.pred", Pred, [Pred], v => v[0]);
            yield return new("mov.b32 {d}, {{0}, {1}};", B32, [B16, B16], v => v[0] | (v[1] << 16));
            yield return new("mov.b64 {d}, {{0}, {1}};", B64, [B32, B32], v => v[0] | (v[1] << 32));
            yield return new("{ .reg .b16 low; mov.b32 {low, {d}}, {0}; }", B16, [B32], v => v[0] >> 16);
            yield return new("mov.b64 {{d}, _}, {0};", B32, [B64], v => (uint)v[0]);
        }

        if (type == B32)
        {
            foreach (int table in new[] { 0x00, 0x80, 0x96, 0xE8, 0xCA, 0x3C, 0xFF, 0x1B })
            {
                yield return new($"lop3.b32 {{d}}, {{0}}, {{1}}, {{2}}, {table};", B32, [B32, B32, B32], v =>
                    PerBit(32, i => table >> (int)((v[0] >> i & 1) << 2 | (v[1] >> i & 1) << 1 | (v[2] >> i & 1)) & 1));
            }
        }
    }

    private static IEnumerable<OpcodeForm> Shifts()
    {
        foreach (PtxType type in Words)
            yield return OpcodeForm.Plain($"shl.{Name(type)}", type, [type, U32], v =>
                v[1] >= 64 ? 0 : IntegerForms.Low(v[0] << (int)v[1], type));
        foreach (PtxType type in Words.Concat(IntegerForms.Types))
        {
            yield return OpcodeForm.Plain($"shr.{Name(type)}", type, [type, U32],
                v => IntegerForms.Wrap(IntegerForms.Value(v[0], type) >> (int)Math.Min(v[1], 64), type));
        }
    }

    private static IEnumerable<OpcodeForm> Counts()
    {
        foreach (PtxType type in new[] { B32, B64 })
        {
            int bits = IntegerForms.Bits(type);
            yield return OpcodeForm.Plain($"popc.{Name(type)}", U32, [type], v => (ulong)BitOperations.PopCount(v[0]));
            yield return OpcodeForm.Plain($"clz.{Name(type)}", U32, [type], v => (ulong)(BitOperations.LeadingZeroCount(v[0]) - 64 + bits));
            yield return OpcodeForm.Plain($"brev.{Name(type)}", type, [type], v => PerBit(bits, i => (int)(v[0] >> (bits - 1 - i)) & 1));
        }

        foreach (PtxType type in new[] { U32, S32, U64, S64 })
        {
            int bits = IntegerForms.Bits(type);
            ulong Top(ulong value)
            {
                BigInteger number = IntegerForms.Value(value, type);
                return (uint)((long)(number.Sign < 0 ? -number - 1 : number).GetBitLength() - 1);
            }

            yield return OpcodeForm.Plain($"bfind.{Name(type)}", U32, [type], v => Top(v[0]));
            yield return OpcodeForm.Plain($"bfind.shiftamt.{Name(type)}", U32, [type], v => Top(v[0]) == uint.MaxValue
                ? uint.MaxValue : (ulong)(bits - 1) - Top(v[0]));
        }
    }

    private static IEnumerable<OpcodeForm> Fields()
    {
        foreach (PtxType type in new[] { U32, S32, U64, S64 })
        {
            int bits = IntegerForms.Bits(type);
            yield return OpcodeForm.Plain($"bfe.{Name(type)}", type, [type, U32, U32], v =>
            {
                int start = (int)(v[1] & 0xFF), length = (int)(v[2] & 0xFF);
                int sign = !type.IsSigned() || length == 0 ? 0 : (int)(v[0] >> Math.Min(start + length - 1, bits - 1)) & 1;
                return PerBit(bits, i => i < length && start + i < bits ? (int)(v[0] >> (start + i)) & 1 : sign);
            });
        }

        foreach (PtxType type in new[] { B32, B64 })
        {
            int bits = IntegerForms.Bits(type);
            yield return OpcodeForm.Plain($"bfi.{Name(type)}", type, [type, type, U32, U32], v =>
            {
                int start = (int)(v[2] & 0xFF), length = (int)(v[3] & 0xFF);
                return PerBit(bits, i => (int)(i >= start && i < start + length ? v[0] >> (i - start) : v[1] >> i) & 1);
            });
        }
    }

    private static IEnumerable<OpcodeForm> Funnels()
    {
        foreach (string mode in new[] { "wrap", "clamp" })
        {
            int Count(ulong c) => mode == "wrap" ? (int)(c & 31) : (int)Math.Min(c, 32);
            yield return OpcodeForm.Plain($"shf.l.{mode}.b32", B32, [B32, B32, U32],
                v => (uint)(((UInt128)((v[1] << 32) | v[0]) << Count(v[2])) >> 32));
            yield return OpcodeForm.Plain($"shf.r.{mode}.b32", B32, [B32, B32, U32], v => (uint)(((v[1] << 32) | v[0]) >> Count(v[2])));
        }
    }

    private static IEnumerable<OpcodeForm> Bytes()
    {
        static ulong Pick(ulong[] v, Func<int, int> which) =>
            PerByte(i => (byte)(((v[1] << 32) | v[0]) >> (8 * (which(i) & 7))));
        yield return OpcodeForm.Plain("prmt.b32", B32, [B32, B32, B32], v => PerByte(i =>
        {
            int selector = (int)(v[2] >> (4 * i)) & 15;
            byte chosen = (byte)(((v[1] << 32) | v[0]) >> (8 * (selector & 7)));
            return selector < 8 ? chosen : chosen >= 128 ? (byte)255 : (byte)0;
        }));
        yield return OpcodeForm.Plain("prmt.b32.f4e", B32, [B32, B32, B32], v => Pick(v, i => (int)(v[2] & 3) + i));
        yield return OpcodeForm.Plain("prmt.b32.b4e", B32, [B32, B32, B32], v => Pick(v, i => (int)(v[2] & 3) - i));
        yield return OpcodeForm.Plain("prmt.b32.rc8", B32, [B32, B32, B32], v => Pick(v, _ => (int)(v[2] & 3)));
        yield return OpcodeForm.Plain("prmt.b32.ecl", B32, [B32, B32, B32], v => Pick(v, i => Math.Max((int)(v[2] & 3), i)));
        yield return OpcodeForm.Plain("prmt.b32.ecr", B32, [B32, B32, B32], v => Pick(v, i => Math.Min((int)(v[2] & 3), i)));
        yield return OpcodeForm.Plain("prmt.b32.rc16", B32, [B32, B32, B32], v => Pick(v, i => (int)(v[2] & 1) * 2 + (i & 1)));
    }

    private static IEnumerable<OpcodeForm> Masks()
    {
        foreach (string mode in new[] { "wrap", "clamp" })
        {
            int Count(ulong c) => mode == "wrap" ? (int)(c & 31) : (int)Math.Min(c, 32);
            yield return OpcodeForm.Plain($"bmsk.{mode}.b32", B32, [B32, B32],
                v => PerBit(32, i => i >= Count(v[0]) && i < Count(v[0]) + Count(v[1]) ? 1 : 0));
            yield return OpcodeForm.Plain($"szext.{mode}.u32", U32, [U32, U32],
                v => PerBit(32, i => i < Count(v[1]) ? (int)(v[0] >> i) & 1 : 0));
            yield return OpcodeForm.Plain($"szext.{mode}.s32", S32, [S32, U32],
                v => PerBit(32, i => Count(v[1]) == 0 ? 0 : (int)(v[0] >> Math.Min(i, Count(v[1]) - 1)) & 1));
        }

        yield return OpcodeForm.Plain("fns.b32", B32, [B32, B32, S32], v =>
        {
            if (v[1] > 31)
                return null;
            int offset = (int)v[2], position = (int)v[1];
            long left = Math.Max(0, Math.Abs((long)offset) - 1);
            for (; position is >= 0 and < 32; position += offset >= 0 ? 1 : -1)
            {
                if ((v[0] >> position & 1) != 0 && left-- == 0)
                    return (ulong)position;
                if (offset == 0)
                    break;
            }

            return uint.MaxValue;
        });
    }

    private static ulong PerBit(int bits, Func<int, int> bit)
        => Enumerable.Range(0, bits).Aggregate(0UL, (sum, i) => sum | ((ulong)bit(i) << i));

    private static ulong PerByte(Func<int, byte> one)
        => Enumerable.Range(0, 4).Aggregate(0UL, (sum, i) => sum | ((ulong)one(i) << (8 * i)));
}
