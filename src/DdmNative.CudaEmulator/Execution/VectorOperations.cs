using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>The common instructions, eight (or four) lanes at once. Lanes that do not take part keep their values.</summary>
internal static unsafe class VectorOperations
{
    private interface IOperator<T>
    {
        static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c);
    }

    private interface IComparison<T>
    {
        static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b);
    }

    /// <summary>The vector operation of an instruction, or null if it can only be executed lane by lane.</summary>
    public static delegate*<Warp, Operation*, uint, void> Find(PtxInstruction instruction, Place result, Place[] sources)
    {
        PtxModifiers m = instruction.Modifiers;
        PtxType type = m.Type;
        if (instruction.Opcode == PtxOpcode.Cvt && m.Flags == 0 && result.Width == 4 && sources.Length == 1 && sources[0].Width == 4)
        {
            switch (m.Types[0], m.Types[1], m.Rounding)
            {
                case (PtxType.TF32, PtxType.F32, PtxRounding.Rna):
                    return &Apply<uint, RoundedToTf32>;
                case (PtxType.F32, PtxType.F32, PtxRounding.Rni):
                    return &Apply<float, NearestWhole>;
                case (PtxType.F32, PtxType.S32, PtxRounding.Rn):
                    return &Apply<float, Converted>;
            }
        }

        const PtxQualifiers Plain = PtxQualifiers.Lo | PtxQualifiers.Uni | PtxQualifiers.To;
        if ((m.Flags & ~(Plain | PtxQualifiers.Wide)) != 0 || m.Rounding is not (PtxRounding.None or PtxRounding.Rn)
            || type is PtxType.F16x2 or PtxType.BF16x2 or PtxType.U16x2 or PtxType.S16x2)
            return null;
        int width = result.Width;
        if (type == PtxType.Pred)
        {
            return instruction.Opcode switch
            {
                PtxOpcode.And => &PredicateAnd, PtxOpcode.Or => &PredicateOr, PtxOpcode.Xor => &PredicateXor,
                    PtxOpcode.Not => &PredicateNot, PtxOpcode.Mov => &PredicateMove, _ => null,
            };
        }

        if (m.Has(PtxQualifiers.Wide))
        {
            if (sources[0].Width != 4 || sources[1].Width != 4 || width != 8 || instruction.Opcode is not (PtxOpcode.Mul or PtxOpcode.Mad))
                return null;
            return (type, instruction.Opcode) switch
            {
                (PtxType.U32, PtxOpcode.Mul) => &MultiplyWideUnsigned, (PtxType.S32, PtxOpcode.Mul) => &MultiplyWideSigned,
                (PtxType.U32, PtxOpcode.Mad) => &MultiplyAddWideUnsigned, (PtxType.S32, PtxOpcode.Mad) => &MultiplyAddWideSigned, _ => null,
            };
        }

        if (instruction.Opcode == PtxOpcode.Cvt)
        {
            return (m.Types[0], m.Types[1], width, sources[0].Width) switch
            {
                (PtxType.U64 or PtxType.S64, PtxType.U32, 8, 4) => &Widen, (PtxType.U64 or PtxType.S64, PtxType.S32, 8, 4) => &WidenSigned,
                (PtxType.U32 or PtxType.S32, PtxType.U64 or PtxType.S64, 4, 8) => &Narrow, _ => null,
            };
        }

        if (instruction.Opcode == PtxOpcode.Setp)
        {
            if (m.Operation != PtxOperation.None || sources.Length != 2 || sources[0].Width != sources[1].Width)
                return null;
            return (type, m.Comparison) switch
            {
                (PtxType.F32, PtxComparison.Lt) => &Compare<float, Less<float>>,
                    (PtxType.F32, PtxComparison.Le) => &Compare<float, LessOrEqual<float>>,
                        (PtxType.F32, PtxComparison.Gt) => &Compare<float, Greater<float>>,
                (PtxType.F32, PtxComparison.Ge) => &Compare<float, GreaterOrEqual<float>>,
                    (PtxType.F32, PtxComparison.Eq) => &Compare<float, Equal<float>>,
                (PtxType.S32, PtxComparison.Lt) => &Compare<int, Less<int>>,
                    (PtxType.S32, PtxComparison.Le) => &Compare<int, LessOrEqual<int>>,
                        (PtxType.S32, PtxComparison.Gt) => &Compare<int, Greater<int>>,
                (PtxType.S32, PtxComparison.Ge) => &Compare<int, GreaterOrEqual<int>>,
                (PtxType.U32, PtxComparison.Lt or PtxComparison.Lo) => &Compare<uint, Less<uint>>,
                    (PtxType.U32, PtxComparison.Le or PtxComparison.Ls) => &Compare<uint, LessOrEqual<uint>>,
                (PtxType.U32, PtxComparison.Gt or PtxComparison.Hi) => &Compare<uint, Greater<uint>>,
                    (PtxType.U32, PtxComparison.Ge or PtxComparison.Hs) => &Compare<uint, GreaterOrEqual<uint>>,
                (PtxType.S32 or PtxType.U32 or PtxType.B32, PtxComparison.Eq) => &Compare<int, Equal<int>>,
                    (PtxType.S32 or PtxType.U32 or PtxType.B32, PtxComparison.Ne) => &Compare<int, NotEqual<int>>,
                (PtxType.S64 or PtxType.U64 or PtxType.B64, PtxComparison.Eq) => &Compare<long, Equal<long>>,
                    (PtxType.S64 or PtxType.U64 or PtxType.B64, PtxComparison.Ne) => &Compare<long, NotEqual<long>>,
                (PtxType.S64, PtxComparison.Lt) => &Compare<long, Less<long>>,
                    (PtxType.S64, PtxComparison.Ge) => &Compare<long, GreaterOrEqual<long>>,
                        (PtxType.S64, PtxComparison.Gt) => &Compare<long, Greater<long>>,
                (PtxType.U64, PtxComparison.Lt or PtxComparison.Lo) => &Compare<ulong, Less<ulong>>,
                    (PtxType.U64, PtxComparison.Ge or PtxComparison.Hs) => &Compare<ulong, GreaterOrEqual<ulong>>,
                _ => null,
            };
        }

        if (type.ByteSize() != width || instruction.Opcode is not (PtxOpcode.Shl or PtxOpcode.Shr or PtxOpcode.Selp)
            && sources.Any(source => source.Width != width))
            return null;
        if (instruction.Opcode is PtxOpcode.Selp)
            return sources[0].Width != width || sources[1].Width != width ? null : width == 4 ? &Select32 : width == 8 ? &Select64 : null;
        if (width == 4)
        {
            bool isFloat = type == PtxType.F32;
            return instruction.Opcode switch
            {
                PtxOpcode.Mov or PtxOpcode.Cvta => &Apply<uint, First<uint>>,
                PtxOpcode.Add => isFloat ? &Apply<float, Sum<float>> : &Apply<uint, Sum<uint>>,
                PtxOpcode.Sub => isFloat ? &Apply<float, Difference<float>> : &Apply<uint, Difference<uint>>,
                PtxOpcode.Mul when isFloat => &Apply<float, Product<float>>,
                PtxOpcode.Div when isFloat && m.Rounding == PtxRounding.Rn => &Apply<float, Quotient>,
                PtxOpcode.Div when type == PtxType.U32 => &DivideUnsigned, PtxOpcode.Div when type == PtxType.S32 => &DivideSigned,
                PtxOpcode.Rem when type == PtxType.U32 => &RemainderUnsigned, PtxOpcode.Rem when type == PtxType.S32 => &RemainderSigned,
                PtxOpcode.Min when isFloat => &Apply<float, MinimumNumber>, PtxOpcode.Max when isFloat => &Apply<float, MaximumNumber>,
                PtxOpcode.Mul when m.Has(PtxQualifiers.Lo) => &Apply<uint, Product<uint>>,
                PtxOpcode.Mad when !isFloat && m.Has(PtxQualifiers.Lo) => &Apply<uint, ProductSum<uint>>,
                PtxOpcode.Fma or PtxOpcode.Mad when isFloat => &Apply<float, Fused>,
                PtxOpcode.And => &Apply<uint, And<uint>>, PtxOpcode.Or => &Apply<uint, Or<uint>>, PtxOpcode.Xor => &Apply<uint, Xor<uint>>,
                PtxOpcode.Min when type == PtxType.S32 => &Apply<int, Minimum<int>>,
                PtxOpcode.Min when type == PtxType.U32 => &Apply<uint, Minimum<uint>>,
                PtxOpcode.Max when type == PtxType.S32 => &Apply<int, Maximum<int>>,
                PtxOpcode.Max when type == PtxType.U32 => &Apply<uint, Maximum<uint>>,
                PtxOpcode.Neg when isFloat => &Apply<float, Negative<float>>, PtxOpcode.Neg => &Apply<int, Negative<int>>,
                PtxOpcode.Shl when sources[0].Width == 4 => &ShiftLeft32, PtxOpcode.Shr when sources[0].Width == 4
                    && !type.IsSigned() => &ShiftRight32,
                PtxOpcode.Shr when sources[0].Width == 4 => &ShiftRightSigned32,
                _ => null,
            };
        }

        if (width != 8)
            return null;
        bool isDouble = type == PtxType.F64;
        return instruction.Opcode switch
        {
            PtxOpcode.Mov => &Apply<ulong, First<ulong>>,
            // Global and constant addresses are also generic addresses.
            PtxOpcode.Cvta when m.Space is PtxSpace.Global or PtxSpace.Const => &Apply<ulong, First<ulong>>,
            PtxOpcode.Add => isDouble ? &Apply<double, Sum<double>> : &Apply<ulong, Sum<ulong>>,
            PtxOpcode.Sub => isDouble ? &Apply<double, Difference<double>> : &Apply<ulong, Difference<ulong>>,
            PtxOpcode.Mul when isDouble => &Apply<double, Product<double>>,
            PtxOpcode.Mul when m.Has(PtxQualifiers.Lo) => &Apply<ulong, Product<ulong>>,
            PtxOpcode.Mad when !isDouble && m.Has(PtxQualifiers.Lo) => &Apply<ulong, ProductSum<ulong>>,
            PtxOpcode.And => &Apply<ulong, And<ulong>>, PtxOpcode.Or => &Apply<ulong, Or<ulong>>,
                PtxOpcode.Xor => &Apply<ulong, Xor<ulong>>,
            PtxOpcode.Shl when sources[0].Width == 8 => &ShiftLeft64, PtxOpcode.Shr when sources[0].Width == 8
                && !type.IsSigned() => &ShiftRight64,
            _ => null,
        };
    }

    /// <summary>All ones in the vector's lanes whose bits are set, starting with the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Lanes<T>(uint bits)
    {
        if (Unsafe.SizeOf<T>() == 4)
        {
            Vector256<uint> each = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
            return Vector256.Equals(Vector256.Create(bits) & each, each).As<uint, T>();
        }

        Vector256<ulong> wide = Vector256.Create(1UL, 2, 4, 8);
        return Vector256.Equals(Vector256.Create((ulong)bits) & wide, wide).As<ulong, T>();
    }

    private static void Apply<T, TOperator>(Warp warp, Operation* operation, uint mask)
        where T : unmanaged
        where TOperator : IOperator<T>
    {
        byte* frame = warp.Frame;
        byte* d = frame + operation->D, a = frame + operation->A, b = frame + operation->B, c = frame + operation->C;
        if (mask == uint.MaxValue)
        {
            for (int i = 0; i < 32 * sizeof(T); i += 32)
                TOperator.Apply(Vector256.Load((T*)(a + i)), Vector256.Load((T*)(b + i)), Vector256.Load((T*)(c + i))).Store((T*)(d + i));
            return;
        }

        for (int i = 0; i < 32 * sizeof(T); i += 32, mask >>= 32 / sizeof(T))
        {
            Vector256<T> value = TOperator.Apply(Vector256.Load((T*)(a + i)), Vector256.Load((T*)(b + i)), Vector256.Load((T*)(c + i)));
            Vector256.ConditionalSelect(Lanes<T>(mask), value, Vector256.Load((T*)(d + i))).Store((T*)(d + i));
        }
    }

    private static void Compare<T, TComparison>(Warp warp, Operation* operation, uint mask)
        where T : unmanaged
        where TComparison : IComparison<T>
    {
        byte* frame = warp.Frame;
        byte* a = frame + operation->A, b = frame + operation->B;
        uint found = 0;
        for (int i = 0, shift = 0; i < 32 * sizeof(T); i += 32, shift += 32 / sizeof(T))
            found |= TComparison.Apply(Vector256.Load((T*)(a + i)), Vector256.Load((T*)(b + i))).ExtractMostSignificantBits() << shift;
        uint* d = (uint*)(frame + operation->D);
        *d = *d & ~mask | found & mask;
    }

    private static uint Predicate(Warp warp, int offset, Operation* operation, int source)
        => *(uint*)(warp.Frame + offset) ^ (uint)-(int)(operation->Immediate >> source & 1);

    private static void Assign(Warp warp, Operation* operation, uint mask, uint value)
    {
        uint* d = (uint*)(warp.Frame + operation->D);
        *d = *d & ~mask | value & mask;
    }

    private static void PredicateAnd(Warp warp, Operation* o, uint mask)
        => Assign(warp, o, mask, Predicate(warp, o->A, o, 0) & Predicate(warp, o->B, o, 1));

    private static void PredicateOr(Warp warp, Operation* o, uint mask)
        => Assign(warp, o, mask, Predicate(warp, o->A, o, 0) | Predicate(warp, o->B, o, 1));

    private static void PredicateXor(Warp warp, Operation* o, uint mask)
        => Assign(warp, o, mask, Predicate(warp, o->A, o, 0) ^ Predicate(warp, o->B, o, 1));

    private static void PredicateNot(Warp warp, Operation* o, uint mask) => Assign(warp, o, mask, ~Predicate(warp, o->A, o, 0));

    private static void PredicateMove(Warp warp, Operation* o, uint mask) => Assign(warp, o, mask, Predicate(warp, o->A, o, 0));

    private static void Select32(Warp warp, Operation* o, uint mask) => Select<uint>(warp, o, mask);

    private static void Select64(Warp warp, Operation* o, uint mask) => Select<ulong>(warp, o, mask);

    private static void Select<T>(Warp warp, Operation* o, uint mask)
        where T : unmanaged
    {
        uint choice = Predicate(warp, o->C, o, 2);
        T* d = (T*)(warp.Frame + o->D), a = (T*)(warp.Frame + o->A), b = (T*)(warp.Frame + o->B);
        int step = 32 / sizeof(T);
        for (int i = 0; i < 32; i += step)
        {
            Vector256<T> value = Vector256.ConditionalSelect(Lanes<T>(choice >> i), Vector256.Load(a + i), Vector256.Load(b + i));
            Vector256.ConditionalSelect(Lanes<T>(mask >> i), value, Vector256.Load(d + i)).Store(d + i);
        }
    }

    private static void ShiftLeft32(Warp warp, Operation* o, uint mask)
    {
        uint* d = (uint*)(warp.Frame + o->D), a = (uint*)(warp.Frame + o->A), b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            for (int i = 0; i < 32; i += 8)
                Put(d + i, Avx2.ShiftLeftLogicalVariable(Vector256.Load(a + i), Vector256.Load(b + i)), mask >> i);
            return;
        }

        for (int i = 0; i < 32; i++)
            d[i] = (mask >> i & 1) == 0 ? d[i] : b[i] > 31 ? 0 : a[i] << (int)b[i];
    }

    private static void ShiftRight32(Warp warp, Operation* o, uint mask)
    {
        uint* d = (uint*)(warp.Frame + o->D), a = (uint*)(warp.Frame + o->A), b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            for (int i = 0; i < 32; i += 8)
                Put(d + i, Avx2.ShiftRightLogicalVariable(Vector256.Load(a + i), Vector256.Load(b + i)), mask >> i);
            return;
        }

        for (int i = 0; i < 32; i++)
            d[i] = (mask >> i & 1) == 0 ? d[i] : b[i] > 31 ? 0 : a[i] >> (int)b[i];
    }

    private static void ShiftRightSigned32(Warp warp, Operation* o, uint mask)
    {
        int* d = (int*)(warp.Frame + o->D), a = (int*)(warp.Frame + o->A);
        uint* b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            for (int i = 0; i < 32; i += 8)
                Put(d + i, Avx2.ShiftRightArithmeticVariable(Vector256.Load(a + i), Vector256.Load(b + i)), mask >> i);
            return;
        }

        for (int i = 0; i < 32; i++)
            d[i] = (mask >> i & 1) == 0 ? d[i] : a[i] >> (int)Math.Min(b[i], 31);
    }

    private static void ShiftLeft64(Warp warp, Operation* o, uint mask)
    {
        ulong* d = (ulong*)(warp.Frame + o->D), a = (ulong*)(warp.Frame + o->A);
        uint* b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            for (int i = 0; i < 32; i += 4)
                Put(d + i, Avx2.ShiftLeftLogicalVariable(Vector256.Load(a + i), Wide(b + i)), mask >> i);
            return;
        }

        for (int i = 0; i < 32; i++)
            d[i] = (mask >> i & 1) == 0 ? d[i] : b[i] > 63 ? 0 : a[i] << (int)b[i];
    }

    private static void ShiftRight64(Warp warp, Operation* o, uint mask)
    {
        ulong* d = (ulong*)(warp.Frame + o->D), a = (ulong*)(warp.Frame + o->A);
        uint* b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            for (int i = 0; i < 32; i += 4)
                Put(d + i, Avx2.ShiftRightLogicalVariable(Vector256.Load(a + i), Wide(b + i)), mask >> i);
            return;
        }

        for (int i = 0; i < 32; i++)
            d[i] = (mask >> i & 1) == 0 ? d[i] : b[i] > 63 ? 0 : a[i] >> (int)b[i];
    }

    private static void MultiplyWideUnsigned(Warp warp, Operation* o, uint mask) => MultiplyWide(warp, o, mask, false, false);

    private static void MultiplyWideSigned(Warp warp, Operation* o, uint mask) => MultiplyWide(warp, o, mask, true, false);

    private static void MultiplyAddWideUnsigned(Warp warp, Operation* o, uint mask) => MultiplyWide(warp, o, mask, false, true);

    private static void MultiplyAddWideSigned(Warp warp, Operation* o, uint mask) => MultiplyWide(warp, o, mask, true, true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyWide(Warp warp, Operation* o, uint mask, bool signed, bool adds)
    {
        long* d = (long*)(warp.Frame + o->D), c = (long*)(warp.Frame + o->C);
        uint* a = (uint*)(warp.Frame + o->A), b = (uint*)(warp.Frame + o->B);
        if (Avx2.IsSupported)
        {
            // Products of the lower halves of 64 bits; the upper halves do not matter.
            for (int i = 0; i < 32; i += 4)
            {
                Vector256<ulong> x = Wide(a + i), y = Wide(b + i);
                Vector256<long> product = signed
                    ? Avx2.Multiply(x.AsInt32(), y.AsInt32()) : Avx2.Multiply(x.AsUInt32(), y.AsUInt32()).AsInt64();
                Put(d + i, adds ? product + Vector256.Load(c + i) : product, mask >> i);
            }

            return;
        }

        for (int i = 0; i < 32; i++)
        {
            if ((mask >> i & 1) != 0)
                d[i] = (signed ? (long)(int)a[i] * (int)b[i] : (long)((ulong)a[i] * b[i])) + (adds ? c[i] : 0);
        }
    }

    private static void Widen(Warp warp, Operation* o, uint mask)
    {
        ulong* d = (ulong*)(warp.Frame + o->D);
        uint* a = (uint*)(warp.Frame + o->A);
        for (int i = 0; i < 32; i += 4)
            Put(d + i, Wide(a + i), mask >> i);
    }

    private static void WidenSigned(Warp warp, Operation* o, uint mask)
    {
        long* d = (long*)(warp.Frame + o->D);
        int* a = (int*)(warp.Frame + o->A);
        for (int i = 0; i < 32; i += 4)
        {
            (Vector128<long> low, Vector128<long> high) = Vector128.Widen(Vector128.Load(a + i));
            Put(d + i, Vector256.Create(low, high), mask >> i);
        }
    }

    private static void Narrow(Warp warp, Operation* o, uint mask)
    {
        uint* d = (uint*)(warp.Frame + o->D);
        ulong* a = (ulong*)(warp.Frame + o->A);
        for (int i = 0; i < 32; i += 8)
            Put(d + i, Vector256.Narrow(Vector256.Load(a + i), Vector256.Load(a + i + 4)), mask >> i);
    }

    private static void DivideUnsigned(Warp warp, Operation* o, uint mask)
    {
        uint* d = (uint*)(warp.Frame + o->D), a = (uint*)(warp.Frame + o->A), b = (uint*)(warp.Frame + o->B);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            d[i] = b[i] == 0 ? uint.MaxValue : a[i] / b[i];
        }
    }

    private static void DivideSigned(Warp warp, Operation* o, uint mask)
    {
        int* d = (int*)(warp.Frame + o->D), a = (int*)(warp.Frame + o->A), b = (int*)(warp.Frame + o->B);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            d[i] = b[i] switch { 0 => -1, -1 => -a[i], _ => a[i] / b[i] };
        }
    }

    private static void RemainderUnsigned(Warp warp, Operation* o, uint mask)
    {
        uint* d = (uint*)(warp.Frame + o->D), a = (uint*)(warp.Frame + o->A), b = (uint*)(warp.Frame + o->B);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            d[i] = b[i] == 0 ? a[i] : a[i] % b[i];
        }
    }

    private static void RemainderSigned(Warp warp, Operation* o, uint mask)
    {
        int* d = (int*)(warp.Frame + o->D), a = (int*)(warp.Frame + o->A), b = (int*)(warp.Frame + o->B);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            d[i] = b[i] switch { 0 => a[i], -1 => 0, _ => a[i] % b[i] };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Wide(uint* row)
    {
        (Vector128<ulong> low, Vector128<ulong> high) = Vector128.Widen(Vector128.Load(row));
        return Vector256.Create(low, high);
    }

    /// <summary>Writes the lanes whose bits are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(T* d, Vector256<T> value, uint bits)
        where T : unmanaged => Vector256.ConditionalSelect(Lanes<T>(bits), value, Vector256.Load(d)).Store(d);

    private readonly struct First<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a;
    }

    private readonly struct Sum<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a + b;
    }

    private readonly struct Difference<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a - b;
    }

    private readonly struct Product<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a * b;
    }

    private readonly struct ProductSum<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a * b + c;
    }

    private readonly struct Fused : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c)
            => Vector256.FusedMultiplyAdd(a, b, c);
    }

    private readonly struct And<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a & b;
    }

    private readonly struct Or<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a | b;
    }

    private readonly struct Xor<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a ^ b;
    }

    private readonly struct Minimum<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => Vector256.Min(a, b);
    }

    private readonly struct Maximum<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => Vector256.Max(a, b);
    }

    private readonly struct Quotient : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Canonical(a / b);
    }

    private readonly struct MinimumNumber : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
            Canonical(Vector256.MinNumber(a, b));
    }

    private readonly struct MaximumNumber : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
            Canonical(Vector256.MaxNumber(a, b));
    }

    private readonly struct NearestWhole : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Canonical(Vector256.Round(a));
    }

    private readonly struct Converted : IOperator<float>
    {
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c)
            => Vector256.ConvertToSingle(a.AsInt32());
    }

    /// <summary>Rounds to ten bits of mantissa, to nearest, ties away from zero.</summary>
    private readonly struct RoundedToTf32 : IOperator<uint>
    {
        public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
        {
            Vector256<uint> exponent = Vector256.Create(0x7f800000u),
                rounded = (a + Vector256.Create(0x1000u)) & Vector256.Create(~0x1fffu);
            Vector256<uint> special = Vector256.ConditionalSelect(Vector256.Equals(a & Vector256.Create(0x7fffffu), default), a,
                Vector256.Create(0x7fffffffu));
            return Vector256.ConditionalSelect(Vector256.Equals(a & exponent, exponent), special, rounded);
        }
    }

    /// <summary>Replaces any NaN by the one that GPUs produce.</summary>
    private static Vector256<float> Canonical(Vector256<float> value)
        => Vector256.ConditionalSelect(Vector256.Equals(value, value), value, Vector256.Create(0x7fffffffu).AsSingle());

    private readonly struct Negative<T> : IOperator<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => -a;
    }

    private readonly struct Less<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
    }

    private readonly struct LessOrEqual<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
    }

    private readonly struct Greater<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThan(a, b);
    }

    private readonly struct GreaterOrEqual<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThanOrEqual(a, b);
    }

    private readonly struct Equal<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
    }

    private readonly struct NotEqual<T> : IComparison<T>
    {
        public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b);
    }
}
