using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Matrix instructions of a whole warp. Fragments of mma and ldmatrix are arranged as the ISA specifies (8.x, 9.7.14); those of wmma, whose
/// layout is unspecified, element by element over the lanes. Products are added as tensor cores do (<see cref="TensorCore"/>), or, if the
/// device's options say so, in order of k by fused multiply-adds in single precision.
/// </summary>
internal static unsafe class MatrixOperations
{
    [SkipLocalsInit]
    public static void Multiply(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (int rows, int columns, int depth) = m.Shape;
        (PtxType typeD, PtxType typeA, PtxType typeC) = (m.Types[0], m.Types[1], m.Types[3]);
        int perWord = typeA == PtxType.TF32 ? 1 : 2, countA = rows * depth / 32 / perWord, countB = depth * columns / 32 / perWord;
        // A by register, half of it and lane; B by rows of k; C by rows.
        float* a = stackalloc float[16 * 16], b = stackalloc float[16 * 8], c = stackalloc float[16 * 8], row = stackalloc float[2 * 32];
        ReadOnlySpan<Place> sources = detail.Sources;
        for (int i = 0; i < countA * perWord; i++)
            Widen(warp, sources[i / perWord], i % perWord, typeA, a + 32 * i);
        for (int i = 0; i < countB * perWord; i++)
        {
            // Lane 4 n + t holds column n of row t, or of rows 2 t and 2 t + 1.
            Widen(warp, sources[countA + i / perWord], i % perWord, typeA, row);
            float* to = b + (i / perWord * 4 * perWord + i % perWord) * 8;
            for (int place = 0; place < 4; place++)
            {
                for (int column = 0; column < 8; column++)
                    to[place * perWord * 8 + column] = row[4 * column + place];
            }
        }

        for (int half = 0; half < 2; half++)
        {
            // Lane 4 g + t holds columns 2 t and 2 t + 1 of row g, in two registers or in the halves of one.
            for (int odd = 0; odd < 2; odd++)
                Widen(warp, sources[countA + countB + (typeC == PtxType.F32 ? 2 * half + odd : half)], odd, typeC, row + 32 * odd);
            for (int lane = 0; lane < 32; lane++)
                (c[64 * half + 2 * lane], c[64 * half + 2 * lane + 1]) = (row[lane], row[32 + lane]);
        }

        EmulatorOptions options = warp.Runner.Launch.Device.Options;
        if (options.MatrixSums == MatrixSums.Truncate)
        {
            float* rowsOfA = stackalloc float[16 * 16];
            for (int k = 0; k < depth; k++)
            {
                // The upper half of the rows lies a register on; within a half, rows lie four lanes apart.
                float* upper = InRegisters(a, 0, k, perWord), lower = InRegisters(a, 8, k, perWord);
                for (int i = 0; i < 8; i++)
                    (rowsOfA[i * depth + k], rowsOfA[(i + 8) * depth + k]) = (upper[4 * i], lower[4 * i]);
            }

            TensorCore.Of(options.Capability, typeA, depth).MultiplyAdd(rowsOfA, b, c, m.Shape, typeA, typeA, typeC, typeD);
        }
        else
        {
            SumInOrder(a, b, c, depth, perWord);
        }

        for (int i = 0; i < detail.Results.Length; i++)
        {
            uint* to = (uint*)(warp.Frame + detail.Results[i].Offset);
            float* from = c + 64 * (typeD == PtxType.F32 ? i >> 1 : i);
            for (int lane = 0; lane < 32; lane++)
                to[lane] = typeD == PtxType.F32 ? BitConverter.SingleToUInt32Bits(from[2 * lane + (i & 1)])
                    : Halves(from[2 * lane], from[2 * lane + 1]);
        }
    }

    /// <summary>
    /// The location of an element of A: register and half of column k, and the lane of this row; the next row is four lanes further.
    /// </summary>
    private static float* InRegisters(float* a, int row, int k, int perWord)
    {
        int block = k / (4 * perWord), within = k % (4 * perWord);
        return a + ((2 * block + (row >> 3)) * perWord + within % perWord) * 32 + (row & 7) * 4 + within / perWord;
    }

    /// <summary>C [16, 8] += A·B, rounded after each product; A by registers, halves and lanes.</summary>
    private static void SumInOrder(float* a, float* b, float* c, int depth, int perWord)
    {
        for (int first = 0; first < 16; first += 4)
        {
            float* sums = c + first * 8;
            Vector256<float> sum0 = Vector256.Load(sums), sum1 = Vector256.Load(sums + 8), sum2 = Vector256.Load(sums + 16),
                sum3 = Vector256.Load(sums + 24);
            for (int k = 0; k < depth; k++)
            {
                float* left = InRegisters(a, first, k, perWord);
                Vector256<float> right = Vector256.Load(b + k * 8);
                sum0 = Vector256.FusedMultiplyAdd(Vector256.Create(left[0]), right, sum0);
                sum1 = Vector256.FusedMultiplyAdd(Vector256.Create(left[4]), right, sum1);
                sum2 = Vector256.FusedMultiplyAdd(Vector256.Create(left[8]), right, sum2);
                sum3 = Vector256.FusedMultiplyAdd(Vector256.Create(left[12]), right, sum3);
            }

            sum0.Store(sums);
            sum1.Store(sums + 8);
            sum2.Store(sums + 16);
            sum3.Store(sums + 24);
        }
    }

    /// <summary>One half of each word of a row, or the whole word, in single precision.</summary>
    private static void Widen(Warp warp, Place place, int half, PtxType type, float* to)
    {
        uint* words = (uint*)(warp.Frame + place.Offset);
        switch (type)
        {
            case PtxType.F16:
                for (int lane = 0; lane < 32; lane++)
                    to[lane] = Value(words[lane], half, type);
                break;
            case PtxType.BF16:
                for (int lane = 0; lane < 32; lane += 8)
                    (half == 0 ? Vector256.Load(words + lane) << 16
                        : Vector256.Load(words + lane) & Vector256.Create(0xffff0000)).AsSingle().Store(to + lane);
                break;
            default:
                Vector256<uint> kept = Vector256.Create(type == PtxType.TF32 ? 0xffffe000 : uint.MaxValue);
                for (int lane = 0; lane < 32; lane += 8)
                    (Vector256.Load(words + lane) & kept).AsSingle().Store(to + lane);
                break;
        }
    }

    public static void MultiplyWarp(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (int rows, int columns, int depth) = m.Shape;
        // For f16 only the types of D and C are written: wmma.mma…f32.f32 and so on.
        PtxType typeA = m.Types.Count > 2 ? m.Types[1] : PtxType.F16, typeD = m.Types[0], typeC = m.Types[^1];
        int countA = PtxFragment.Registers(true, PtxMatrix.A, m.Shape, typeA),
            countB = PtxFragment.Registers(true, PtxMatrix.B, m.Shape, typeA);
        float[] a = Gather(warp, detail.Sources.AsSpan(0, countA), rows * depth, typeA),
            b = Gather(warp, detail.Sources.AsSpan(countA, countB), depth * columns, typeA);
        float[] c = Gather(warp, detail.Sources.AsSpan(countA + countB), rows * columns, typeC);
        AddProduct(warp.Runner.Launch.Device.Options, a, b, c, m.Shape, typeA, typeA, typeC, typeD);
        for (int i = 0; i < c.Length; i++)
        {
            byte* element = Element(warp, detail.Results, i, typeD.ByteSize());
            if (typeD == PtxType.F32)
                *(float*)element = c[i];
            else
                *(Half*)element = (Half)c[i];
        }
    }

    /// <summary>C := A·B + C of whole matrices by rows, with the device's way of adding.</summary>
    internal static void AddProduct(
        EmulatorOptions options, float[] a, float[] b, float[] c, (int M, int N, int K) shape,
            PtxType typeA, PtxType typeB, PtxType typeC, PtxType typeD)
    {
        (_, int columns, int depth) = shape;
        if (options.MatrixSums == MatrixSums.Truncate)
        {
            fixed (float* left = a, right = b, sums = c)
                TensorCore.Of(options.Capability, typeA, depth).MultiplyAdd(left, right, sums, shape, typeA, typeB, typeC, typeD);
            return;
        }

        for (int i = 0; i < c.Length; i++)
        {
            for (int k = 0; k < depth; k++)
                c[i] = MathF.FusedMultiplyAdd(a[i / columns * depth + k], b[k * columns + i % columns], c[i]);
        }
    }

    public static void LoadWarp(Warp warp, Operation* operation, uint mask) => Transfer(warp, operation, mask, false);

    public static void StoreWarp(Warp warp, Operation* operation, uint mask) => Transfer(warp, operation, mask, true);

    public static void Load(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        int count = detail.Results.Length;
        byte** rows = Rows(warp, operation, mask, count, FaultAccess.Read);
        bool transposed = detail.Instruction.Modifiers.Has(PtxQualifiers.Trans);
        if (operation->Tracks || warp.Poison.Lanes != 0)
            PoisonTransfers.LoadMatrices(warp, operation, detail, transposed);
        for (int i = 0; i < count; i++)
        {
            uint* to = (uint*)(warp.Frame + detail.Results[i].Offset);
            for (int lane = 0; lane < 32; lane++)
            {
                int group = lane >> 2, place = 2 * (lane & 3);
                to[lane] = transposed
                    ? ((ushort*)rows[8 * i + place])[group] | (uint)((ushort*)rows[8 * i + place + 1])[group] << 16
                    : ((ushort*)rows[8 * i + group])[place] | (uint)((ushort*)rows[8 * i + group])[place + 1] << 16;
            }
        }
    }

    /// <summary>
    /// The locations of the rows of <paramref name="count"/> 8 × 8 matrices: lane 8 i + r provides the address of row r of matrix i.
    /// </summary>
    private static byte** Rows(Warp warp, Operation* operation, uint mask, int count, FaultAccess access)
    {
        uint givers = count == 4 ? uint.MaxValue : (1u << 8 * count) - 1;
        return MemoryOperations.Resolve(warp, operation, givers, MemoryOperations.Addresses(warp, operation, mask), 16, access,
            (PtxSpace)operation->D, false);
    }

    /// <summary><c>stmatrix</c>: lane 8 i + r provides the destination of row r of matrix i.</summary>
    public static void Store(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        int count = detail.Sources.Length;
        byte** rows = Rows(warp, operation, mask, count, FaultAccess.Write);
        bool transposed = detail.Instruction.Modifiers.Has(PtxQualifiers.Trans);
        if (operation->Tracks)
            PoisonTransfers.StoreMatrices(warp, operation, detail, rows, transposed);
        for (int i = 0; i < count; i++)
        {
            uint* from = (uint*)(warp.Frame + detail.Sources[i].Offset);
            for (int lane = 0; lane < 32; lane++)
            {
                int group = lane >> 2, place = 2 * (lane & 3);
                ((ushort*)rows[8 * i + (transposed ? place : group)])[transposed ? group : place] = (ushort)from[lane];
                ((ushort*)rows[8 * i + (transposed ? place + 1 : group)])[transposed ? group : place + 1] = (ushort)(from[lane] >> 16);
            }
        }

        MemoryOperations.ReportSuspects(warp);
    }

    /// <summary><c>movmatrix.trans</c>: 8×8 elements of 16 bits, two in each lane.</summary>
    public static void Transpose(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        ushort* from = stackalloc ushort[64];
        new Span<byte>(warp.Frame + detail.Sources[0].Offset, 128).CopyTo(new Span<byte>(from, 128));
        ushort* to = (ushort*)(warp.Frame + detail.Results[0].Offset);
        for (int row = 0; row < 8; row++)
        {
            for (int column = 0; column < 8; column++)
                to[8 * column + row] = from[8 * row + column];
        }
    }

    private static void Transfer(Warp warp, Operation* operation, uint mask, bool stores)
    {
        Detail detail = RequireWholeWarp(warp, operation, mask);
        PtxInstruction instruction = detail.Instruction;
        PtxModifiers m = instruction.Modifiers;
        (int rows, int columns) = instruction.Opcode switch
        {
            PtxOpcode.WmmaLoadA => (m.Shape.M, m.Shape.K), PtxOpcode.WmmaLoadB => (m.Shape.K, m.Shape.N), _ => (m.Shape.M, m.Shape.N),
        };
        Place[] places = stores ? detail.Sources : detail.Results;
        int held = stores ? PtxFragment.Registers(true, PtxMatrix.D, m.Shape, m.Type) : places.Length;
        ReadOnlySpan<Place> rest = stores ? detail.Sources.AsSpan(held) : detail.Sources;
        bool byRows = m.LayoutA == PtxLayout.Row;
        ulong stride = rest.Length > 0 ? (uint)LaneOperations.Read(warp.Frame, rest[0], 0) : (ulong)(byRows ? columns : rows);
        ulong start = MemoryOperations.Addresses(warp, operation, mask)[0];
        int bytes = m.Type.ByteSize(), count = rows * columns;
        ulong* addresses = warp.Addresses;
        for (int first = 0; first < count; first += 32)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                (int row, int column) = ((first + lane) / columns, (first + lane) % columns);
                addresses[lane] = start + (byRows ? (ulong)row * stride + (ulong)column : (ulong)column * stride + (ulong)row)
                    * (ulong)bytes;
            }

            byte** pointers = MemoryOperations.Resolve(warp, operation, uint.MaxValue, addresses, bytes, stores
                ? FaultAccess.Write : FaultAccess.Read, (PtxSpace)operation->D, false);
            int slot = first / 32, perRegister = Math.Max(4, bytes) / bytes;
            Place place = places[slot / perRegister];
            if (stores && operation->Tracks)
                PoisonTransfers.Store(warp, operation, new ReadOnlySpan<Place>(in place), bytes, uint.MaxValue, pointers);
            else if (!stores && (operation->Tracks || warp.Poison.Lanes != 0))
                PoisonTransfers.LoadElements(warp, operation, place, slot % perRegister == 0);
            for (int lane = 0; lane < 32; lane++)
            {
                if (stores)
                    Buffer.MemoryCopy(Element(warp, places, first + lane, bytes), pointers[lane], bytes, bytes);
                else
                    Buffer.MemoryCopy(pointers[lane], Element(warp, places, first + lane, bytes), bytes, bytes);
            }
        }

        if (stores)
            MemoryOperations.ReportSuspects(warp);
    }

    internal static Detail RequireWholeWarp(Warp warp, Operation* operation, uint mask) =>
        mask == uint.MaxValue ? warp.Details[operation->Extra]
        : throw warp.Fault(FaultKind.WarpSyncMask, operation->Site, mask, null,
            $"lanes 0x{mask:x8} execute an instruction that all 32 lanes must execute together");

    private static float[] Gather(Warp warp, ReadOnlySpan<Place> places, int count, PtxType type)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            byte* element = Element(warp, places, i, type.ByteSize());
            values[i] = Value(type.ByteSize() == 4 ? *(uint*)element : *(ushort*)element, 0, type);
        }

        return values;
    }

    /// <summary>
    /// The location of an element of a wmma fragment: element by element over the lanes, in each lane register by register.
    /// </summary>
    internal static byte* Element(Warp warp, ReadOnlySpan<Place> places, int element, int bytes)
    {
        (int lane, int slot) = (element % 32, element / 32);
        int width = Math.Max(4, bytes), perRegister = width / bytes;
        return warp.Frame + places[slot / perRegister].Offset + lane * width + slot % perRegister * bytes;
    }

    private static float Value(uint word, int half, PtxType type) => type switch
    {
        PtxType.F16 => (float)BitConverter.UInt16BitsToHalf((ushort)(word >> 16 * half)),
        PtxType.BF16 => BitConverter.UInt32BitsToSingle(word >> 16 * half << 16),
        PtxType.TF32 => BitConverter.UInt32BitsToSingle(word & 0xffffe000),
        _ => BitConverter.UInt32BitsToSingle(word),
    };

    private static uint Halves(float low, float high)
        => BitConverter.HalfToUInt16Bits((Half)low) | (uint)BitConverter.HalfToUInt16Bits((Half)high) << 16;
}
