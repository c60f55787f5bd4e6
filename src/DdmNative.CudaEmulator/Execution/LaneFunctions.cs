using System.Numerics;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>The results of instructions in one lane: functions from the bits of the sources to the bits of the result.</summary>
internal static class LaneFunctions
{
    public static PtxType ResultType(PtxInstruction instruction)
        => instruction.Opcode is PtxOpcode.Setp or PtxOpcode.Testp or PtxOpcode.Isspacep ? PtxType.Pred : instruction.Modifiers.Type;

    /// <summary>The type that determines how a constant at that position among the sources is read.</summary>
    public static PtxType SourceType(PtxInstruction instruction, int source)
    {
        PtxModifiers m = instruction.Modifiers;
        return instruction.Opcode switch
        {
            PtxOpcode.Set or PtxOpcode.Setp => source == 2 ? PtxType.Pred : m.Types[^1],
            PtxOpcode.Cvt => m.Types[1],
            PtxOpcode.Selp => source == 2 ? PtxType.Pred : m.Type,
            PtxOpcode.Slct => source == 2 ? m.Types[1] : m.Type,
            PtxOpcode.Shl or PtxOpcode.Shr when source == 1 => PtxType.U32,
            PtxOpcode.Bfe when source > 0 => PtxType.U32,
            PtxOpcode.Bfi when source > 1 => PtxType.U32,
            PtxOpcode.Dp4a or PtxOpcode.Dp2a => PtxType.U32,
            PtxOpcode.Cvta or PtxOpcode.Isspacep => PtxType.U64,
            PtxOpcode.Mad when source == 2
                && m.Has(PtxQualifiers.Wide) =>
                    m.Type switch { PtxType.U32 => PtxType.U64, PtxType.S32 => PtxType.S64, PtxType.U16 => PtxType.U32, _ => PtxType.S32 },
            _ => m.Type,
        };
    }

    /// <summary>
    /// The comparison of <c>setp</c> with its Boolean operand, and the negated comparison; for two halves, those of the lower and of the
    /// upper ones.
    /// </summary>
    public static (LaneFunction Yes, LaneFunction No) Comparison(PtxInstruction instruction)
    {
        PtxModifiers m = instruction.Modifiers;
        PtxType type = m.Types[^1];
        if (type is PtxType.F16x2 or PtxType.BF16x2)
        {
            (LaneFunction one, _) = Comparison(m, type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16);
            return ((a, b, q, _) => one(a & 0xffff, b & 0xffff, q, 0), (a, b, q, _) => one(a >> 16, b >> 16, q, 0));
        }

        return Comparison(m, type);
    }

    private static (LaneFunction Yes, LaneFunction No) Comparison(PtxModifiers m, PtxType type)
    {
        Func<ulong, ulong, bool> compare = FloatFunctions.IsFloat(type)
            ? FloatFunctions.Compare(type, m.Comparison, m.Has(PtxQualifiers.Ftz)) : Compare(type, m.Comparison);
        Func<bool, ulong, ulong> combine = m.Operation switch
        {
            PtxOperation.And => (x, q) => x ? q : 0,
            PtxOperation.Or => (x, q) => x ? 1 : q,
            PtxOperation.Xor => (x, q) => (x ? 1UL : 0) ^ q,
            _ => (x, _) => x ? 1UL : 0,
        };
        return ((a, b, q, _) => combine(compare(a, b), q), (a, b, q, _) => combine(!compare(a, b), q));
    }

    /// <summary>Value and carry of the instructions with a condition code, which is passed as the last source.</summary>
    public static (LaneFunction Value, LaneFunction Carry) Carry(PtxInstruction instruction)
    {
        PtxModifiers m = instruction.Modifiers;
        int bits = m.Type.ByteSize() * 8;
        bool takes = instruction.Opcode is PtxOpcode.Addc or PtxOpcode.Subc or PtxOpcode.Madc,
            subtracts = instruction.Opcode is PtxOpcode.Sub or PtxOpcode.Subc;
        UInt128 limit = (UInt128.One << bits) - 1;
        if (instruction.Opcode is PtxOpcode.Mad or PtxOpcode.Madc)
        {
            Func<ulong, ulong, ulong> product = Product(m);
            UInt128 Total(ulong a, ulong b, ulong c, ulong f) => (UInt128)product(a, b) + c + (takes ? f : 0);
            return ((a, b, c, f) => (ulong)(Total(a, b, c, f) & limit), (a, b, c, f) => (ulong)(Total(a, b, c, f) >> bits) & 1);
        }

        UInt128 Sum(ulong a, ulong b, ulong f) => subtracts ? (UInt128)a - b - (takes ? f : 0) : (UInt128)a + b + (takes ? f : 0);
        return ((a, b, f, _) => (ulong)(Sum(a, b, f) & limit), (a, b, f, _) => (ulong)(Sum(a, b, f) >> bits) & 1);
    }

    public static LaneFunction? Create(PtxInstruction instruction)
    {
        PtxModifiers m = instruction.Modifiers;
        PtxType type = m.Type;
        if (instruction.Opcode is PtxOpcode.Setp)
            return Comparison(instruction).Yes;
        if (instruction.Opcode == PtxOpcode.Set)
        {
            (LaneFunction yes, LaneFunction other) = Comparison(instruction);
            ulong one = type switch { PtxType.F32 => 0x3f800000, PtxType.F16 or PtxType.F16x2 => 0x3c00,
                PtxType.BF16 or PtxType.BF16x2 => 0x3f80, _ => type.ByteSize() == 2 ? 0xffffUL : 0xffffffff };
            if (m.Types[^1] is not (PtxType.F16x2 or PtxType.BF16x2))
                return (a, b, c, d) => yes(a, b, c, d) != 0 ? one : 0;
            one &= 0xffff;
            return (a, b, c, d) => (yes(a, b, c, d) != 0 ? one : 0) | (other(a, b, c, d) != 0 ? one << 16 : 0);
        }

        if (instruction.Opcode == PtxOpcode.Cvt)
            return Conversions.Create(m);
        if (type != PtxType.None && FloatFunctions.IsFloat(type) && instruction.Opcode is not (PtxOpcode.Selp or PtxOpcode.Slct))
            return FloatFunctions.Create(instruction);
        if (type is PtxType.U16x2 or PtxType.S16x2)
            return PackedWholeNumbers(instruction.Opcode, type, m.Has(PtxQualifiers.Relu));
        int bits = type == PtxType.None ? 64 : type.ByteSize() * 8;
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        bool signed = type.IsSigned();
        long S(ulong value) => (long)(value << 64 - bits) >> 64 - bits;
        switch (instruction.Opcode)
        {
            case PtxOpcode.Add when m.Has(PtxQualifiers.Sat):
                return (a, b, _, _) => (uint)Math.Clamp((long)(int)a + (int)b, int.MinValue, int.MaxValue);
            case PtxOpcode.Sub when m.Has(PtxQualifiers.Sat):
                return (a, b, _, _) => (uint)Math.Clamp((long)(int)a - (int)b, int.MinValue, int.MaxValue);
            case PtxOpcode.Add:
                return (a, b, _, _) => a + b & mask;
            case PtxOpcode.Sub:
                return (a, b, _, _) => a - b & mask;
            case PtxOpcode.Mul or PtxOpcode.Mad or PtxOpcode.Mul24 or PtxOpcode.Mad24:
                Func<ulong, ulong, ulong> product = Product(m, instruction.Opcode is PtxOpcode.Mul24 or PtxOpcode.Mad24);
                ulong kept = m.Has(PtxQualifiers.Wide) ? bits == 32 ? ulong.MaxValue : 0xffffffff : mask;
                if (m.Has(PtxQualifiers.Sat))
                    return (a, b, c, _) => (uint)Math.Clamp((long)(int)product(a, b) + (int)c, int.MinValue, int.MaxValue);
                return instruction.Opcode is PtxOpcode.Mul or PtxOpcode.Mul24
                    ? (a, b, _, _) => product(a, b) & kept : (a, b, c, _) => product(a, b) + c & kept;
            case PtxOpcode.Sad:
                return signed ? (a, b, c, _) => (S(a) > S(b) ? a - b : b - a) + c & mask
                    : (a, b, c, _) => ((a & mask) > (b & mask) ? a - b : b - a) + c & mask;
            case PtxOpcode.Div:
                return signed ? (a, b, _, _) => S(b) == 0
                    ? mask : S(b) == -1 ? 0 - a & mask : (ulong)(S(a) / S(b)) & mask : (a, b, _, _) => (b & mask) == 0
                        ? mask : (a & mask) / (b & mask);
            case PtxOpcode.Rem:
                return signed ? (a, b, _, _) => S(b) == 0
                    ? a & mask : S(b) == -1 ? 0 : (ulong)(S(a) % S(b)) & mask : (a, b, _, _) => (b & mask) == 0
                        ? a & mask : (a & mask) % (b & mask);
            case PtxOpcode.Abs:
                return (a, _, _, _) => (S(a) < 0 ? 0 - a : a) & mask;
            case PtxOpcode.Neg:
                return (a, _, _, _) => 0 - a & mask;
            case PtxOpcode.Min when m.Has(PtxQualifiers.Relu):
                return (a, b, _, _) => (ulong)Math.Max(Math.Min(S(a), S(b)), 0);
            case PtxOpcode.Min:
                return signed ? (a, b, _, _) => (S(a) < S(b) ? a : b) & mask : (a, b, _, _) => Math.Min(a & mask, b & mask);
            case PtxOpcode.Max when m.Has(PtxQualifiers.Relu):
                return (a, b, _, _) => (ulong)Math.Max(Math.Max(S(a), S(b)), 0);
            case PtxOpcode.Max:
                return signed ? (a, b, _, _) => (S(a) > S(b) ? a : b) & mask : (a, b, _, _) => Math.Max(a & mask, b & mask);
            case PtxOpcode.And:
                return (a, b, _, _) => a & b & mask;
            case PtxOpcode.Or:
                return (a, b, _, _) => (a | b) & mask;
            case PtxOpcode.Xor:
                return (a, b, _, _) => (a ^ b) & mask;
            case PtxOpcode.Not:
                return type == PtxType.Pred ? (a, _, _, _) => ~a & 1 : (a, _, _, _) => ~a & mask;
            case PtxOpcode.Cnot:
                return (a, _, _, _) => (a & mask) == 0 ? 1UL : 0;
            case PtxOpcode.Lop3:
                ulong table = ((PtxImmediate)instruction.Operands[4]).Bits;
                return (a, b, c, _) =>
                {
                    ulong value = 0;
                    for (int i = 0; i < 8; i++)
                    {
                        if ((table >> i & 1) != 0)
                            value |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
                    }

                    return value & mask;
                };
            case PtxOpcode.Shl:
                return (a, b, _, _) => (uint)b >= bits ? 0 : a << (int)(uint)b & mask;
            case PtxOpcode.Shr:
                return signed ? (a, b, _, _) => (ulong)(S(a) >> (int)Math.Min((uint)b, 63)) & mask : (a, b, _, _) => (uint)b >= bits
                    ? 0 : (a & mask) >> (int)(uint)b;
            case PtxOpcode.Shf:
                bool clamps = m.Has(PtxQualifiers.Clamp);
                return m.Mode == PtxMode.Left
                    ? (a, b, c, _) => (b << 32 | (uint)a) << (int)(clamps ? Math.Min((uint)c, 32) : (uint)c & 31) >> 32
                    : (a, b, c, _) => (uint)((b << 32 | (uint)a) >> (int)(clamps ? Math.Min((uint)c, 32) : (uint)c & 31));
            case PtxOpcode.Popc:
                return (a, _, _, _) => (ulong)BitOperations.PopCount(a & mask);
            case PtxOpcode.Clz:
                return (a, _, _, _) => (ulong)(BitOperations.LeadingZeroCount(a & mask) - (64 - bits));
            case PtxOpcode.Brev:
                return (a, _, _, _) =>
                {
                    ulong value = 0;
                    for (int i = 0; i < bits; i++)
                        value |= (a >> i & 1) << bits - 1 - i;
                    return value;
                };
            case PtxOpcode.Bfind:
                bool amount = m.Has(PtxQualifiers.ShiftAmount);
                return (a, _, _, _) =>
                {
                    ulong value = signed && S(a) < 0 ? ~a & mask : a & mask;
                    return value == 0 ? 0xffffffff : (ulong)(amount ? bits - 1 - BitOperations.Log2(value) : BitOperations.Log2(value));
                };
            case PtxOpcode.Bfe:
                return (a, b, c, _) =>
                {
                    int position = (int)(b & 255), length = (int)(c & 255);
                    ulong value = position >= bits ? 0 : (a & mask) >> position;
                    ulong sign = !signed || length == 0 ? 0 : (a & mask) >> Math.Min(position + length - 1, bits - 1) & 1;
                    int held = Math.Clamp(bits - position, 0, length);
                    value = held >= 64 ? value : value & ((1UL << held) - 1);
                    return (sign != 0 && held < 64 ? value | ulong.MaxValue << held : value) & mask;
                };
            case PtxOpcode.Bfi:
                return (a, b, c, d) =>
                {
                    int position = (int)(c & 255), length = (int)(d & 255);
                    if (position >= bits)
                        return b & mask;
                    ulong field = (length >= 64 ? ulong.MaxValue : (1UL << length) - 1) << position;
                    return (b & ~field | a << position & field) & mask;
                };
            case PtxOpcode.Bmsk:
                bool wraps = m.Has(PtxQualifiers.Wrap);
                return (a, b, _, _) =>
                {
                    uint position = wraps ? (uint)a & 31 : (uint)a, length = wraps ? (uint)b & 31 : Math.Min((uint)b, 32);
                    return position > 31 ? 0 : (uint)(((1UL << (int)length) - 1) << (int)position);
                };
            case PtxOpcode.Prmt when m.Mode == PtxMode.None:
                return (a, b, c, _) =>
                {
                    ulong bytes = (uint)a | b << 32, value = 0;
                    for (int i = 0; i < 4; i++)
                    {
                        int choice = (int)(c >> 4 * i & 15);
                        ulong one = bytes >> 8 * (choice & 7) & 255;
                        value |= ((choice & 8) != 0 ? (one & 128) != 0 ? 255UL : 0 : one) << 8 * i;
                    }

                    return value;
                };
            case PtxOpcode.Prmt:
                PtxMode mode = m.Mode;
                return (a, b, c, _) =>
                {
                    ulong bytes = (uint)a | b << 32, value = 0;
                    int control = (int)(c & 3);
                    for (int i = 0; i < 4; i++)
                    {
                        int choice = mode switch
                        {
                            PtxMode.F4e => control + i,
                            PtxMode.B4e => control - i & 7,
                            PtxMode.Rc8 => control,
                            PtxMode.Ecl => Math.Max(control, i),
                            PtxMode.Ecr => Math.Min(control, i),
                            _ => (control & 1) * 2 + (i & 1),
                        };
                        value |= (bytes >> 8 * choice & 255) << 8 * i;
                    }

                    return value;
                };
            case PtxOpcode.Szext:
                bool limits = m.Has(PtxQualifiers.Clamp);
                return (a, b, _, _) =>
                {
                    if (limits && (uint)b >= 32)
                        return (uint)a;
                    int unused = 32 - (int)(b & 31);
                    return unused == 32 ? 0 : signed ? (uint)((int)((uint)a << unused) >> unused) : (uint)a << unused >> unused;
                };
            case PtxOpcode.Fns:
                return (a, b, c, _) => NthSetBit((uint)a, (int)(b & 31), (int)c);
            case PtxOpcode.Dp2a:
                (bool signedPairs, bool signedBytes, int firstByte) = (m.Types[0].IsSigned(), m.Types[1].IsSigned(), m.Has(PtxQualifiers.Hi)
                    ? 16 : 0);
                return (a, b, c, _) =>
                {
                    long sum = (uint)c;
                    for (int i = 0; i < 2; i++)
                        sum += (signedPairs ? (short)(a >> 16 * i) : (long)(ushort)(a >> 16 * i))
                            * (signedBytes ? (sbyte)(b >> firstByte + 8 * i) : (long)(byte)(b >> firstByte + 8 * i));
                    return (uint)sum;
                };
            case PtxOpcode.Dp4a:
                (bool signedA, bool signedB) = (m.Types[0].IsSigned(), m.Types[1].IsSigned());
                return (a, b, c, _) =>
                {
                    long sum = (uint)c;
                    for (int i = 0; i < 32; i += 8)
                        sum += (signedA ? (sbyte)(a >> i) : (long)(byte)(a >> i)) * (signedB ? (sbyte)(b >> i) : (long)(byte)(b >> i));
                    return (uint)sum;
                };
            case PtxOpcode.Selp:
                return (a, b, c, _) => (c != 0 ? a : b) & mask;
            case PtxOpcode.Slct:
                bool ftz = m.Has(PtxQualifiers.Ftz);
                return m.Types[1] == PtxType.S32
                    ? (a, b, c, _) => ((int)c >= 0 ? a : b) & mask
                        : (a, b, c, _) => (FloatFunctions.ToDouble(c, PtxType.F32, ftz) >= 0 ? a : b) & mask;
            case PtxOpcode.Cvta:
                ulong window = m.Space switch { PtxSpace.Shared => Warp.SharedWindow, PtxSpace.Local or PtxSpace.Param => Warp.LocalWindow,
                    _ => 0 };
                return m.Has(PtxQualifiers.To) ? (a, _, _, _) => a - window : (a, _, _, _) => a + window;
            case PtxOpcode.Isspacep:
                PtxSpace asked = m.Space;
                return (a, _, _, _) => Warp.SpaceOf(a) == asked ? 1UL : 0;
            default:
                return null;
        }
    }

    /// <summary>
    /// The position of the |offset|-th set bit, counted from a given bit (inclusive), upwards or, if negative, downwards; for offset 0 that
    /// bit itself; all ones if there is none.
    /// </summary>
    private static ulong NthSetBit(uint bits, int from, int offset)
    {
        if (offset == 0)
            return (bits >> from & 1) != 0 ? (ulong)from : uint.MaxValue;
        long left = Math.Abs((long)offset);
        for (int position = from; position is >= 0 and < 32; position += Math.Sign(offset))
        {
            if ((bits >> position & 1) != 0 && --left == 0)
                return (ulong)position;
        }

        return uint.MaxValue;
    }

    /// <summary>Two 16-bit integers in a register.</summary>
    private static LaneFunction? PackedWholeNumbers(PtxOpcode opcode, PtxType type, bool relu)
    {
        Func<int, int, int>? one = opcode switch { PtxOpcode.Add => (a, b) => a + b, PtxOpcode.Min => Math.Min, PtxOpcode.Max => Math.Max,
            _ => null };
        if (one is null)
            return null;
        int Half(ulong bits) => type == PtxType.S16x2 ? (short)bits : (ushort)bits;
        ulong Both(ulong a, ulong b)
        {
            int value = one(Half(a), Half(b));
            return (ushort)(relu ? Math.Max(value, 0) : value);
        }

        return (a, b, _, _) => Both(a, b) | Both(a >> 16, b >> 16) << 16;
    }

    private static Func<ulong, ulong, bool> Compare(PtxType type, PtxComparison comparison)
    {
        int unused = 64 - type.ByteSize() * 8;
        bool signed = type.IsSigned();
        int Order(ulong a, ulong b)
            => signed ? ((long)(a << unused) >> unused).CompareTo((long)(b << unused) >> unused) : (a << unused).CompareTo(b << unused);
        return comparison switch
        {
            PtxComparison.Eq => (a, b) => Order(a, b) == 0,
            PtxComparison.Ne => (a, b) => Order(a, b) != 0,
            PtxComparison.Lt or PtxComparison.Lo => (a, b) => Order(a, b) < 0,
            PtxComparison.Le or PtxComparison.Ls => (a, b) => Order(a, b) <= 0,
            PtxComparison.Gt or PtxComparison.Hi => (a, b) => Order(a, b) > 0,
            _ => (a, b) => Order(a, b) >= 0,
        };
    }

    private static Func<ulong, ulong, ulong> Product(PtxModifiers m, bool of24Bits = false)
    {
        int bits = m.Type.ByteSize() * 8;
        bool signed = m.Type.IsSigned();
        int unused = of24Bits ? 40 : 64 - bits, shift = m.Has(PtxQualifiers.Hi) ? of24Bits ? 16 : bits : 0;
        ulong mask = m.Has(PtxQualifiers.Wide) || bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        return signed
            ? (a, b) => (ulong)((Int128)((long)(a << unused) >> unused) * ((long)(b << unused) >> unused) >> shift) & mask
            : (a, b) => (ulong)((UInt128)(a << unused >> unused) * (b << unused >> unused) >> shift) & mask;
    }
}
