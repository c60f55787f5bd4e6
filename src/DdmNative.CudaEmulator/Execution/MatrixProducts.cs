using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// D = A B + C of a warp in integers (8, 4 and 1 bits), doubles, and 8-bit floats. One rule describes all their fragments (ISA 8.x,
/// 9.7.14.5): with E elements in a register, register r of A holds row lane / 4 + 8 (r mod M/8), columns E (lane mod 4) … of the r /
/// (M/8)-th strip of 4 E; B is the same with its column instead of the row; C and D have two adjacent columns. Sums of integers and doubles
/// are in order of k. Those of 32 bits are kept in 64 and wrapped at the end, or clamped with <c>.satfinite</c>.
/// </summary>
internal static unsafe class MatrixProducts
{
    public static void MultiplyWholeNumbers(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = MatrixOperations.RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (long[] a, long[] b, Place[] c) = Fragments(warp, detail, WholeNumber);
        (int rows, int columns, _) = m.Shape;
        long[] sums = new long[rows * columns];
        ForEachSum(m.Shape, (place, lane, element) => sums[element] = ((int*)(warp.Frame + c[place].Offset))[lane]);
        Multiply(m, a, b, sums);
        ForEachSum(m.Shape, (place, lane, element) =>
            ((int*)(warp.Frame + detail.Results[place].Offset))[lane] = WrapOrClamp(sums[element], m));
    }

    public static void MultiplyDoubles(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = MatrixOperations.RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (double[] a, double[] b, Place[] c) = Fragments(warp, detail, (bits, _, _) => BitConverter.UInt64BitsToDouble(bits));
        double[] sums = new double[m.Shape.M * m.Shape.N];
        ForEachSum(m.Shape, (place, lane, element) => sums[element] = ((double*)(warp.Frame + c[place].Offset))[lane]);
        Multiply(m, a, b, sums);
        ForEachSum(m.Shape, (place, lane, element) => ((double*)(warp.Frame + detail.Results[place].Offset))[lane] = sums[element]);
    }

    /// <summary>8-bit floats, whose products are exact in single precision.</summary>
    public static void MultiplyBytes(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = MatrixOperations.RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (float[] a, float[] b, Place[] c) = Fragments(warp, detail, (bits, index, type) =>
            (float)NarrowFormat.ForType(type).Value((uint)(bits >> 8 * index) & 255));
        float[] sums = new float[m.Shape.M * m.Shape.N];
        ForEachSum(m.Shape, (place, lane, element) => sums[element] = ((float*)(warp.Frame + c[place].Offset))[lane]);
        MatrixOperations.AddProduct(warp.Runner.Launch.Device.Options, a, b, sums,
            m.Shape, m.Types[1], m.Types[2], PtxType.F32, PtxType.F32);
        ForEachSum(m.Shape, (place, lane, element) => ((float*)(warp.Frame + detail.Results[place].Offset))[lane] = sums[element]);
    }

    public static void MultiplyWarpWholeNumbers(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = MatrixOperations.RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (Place[] placesA, Place[] placesB, Place[] placesC) = Split(detail, true);
        bool signed = m.Types[1].IsSigned();
        long[] Bytes(Place[] places, int count)
            => Gathered<long>(count, i => signed
                ? *(sbyte*)MatrixOperations.Element(warp, places, i, 1) : *MatrixOperations.Element(warp, places, i, 1));
        (int rows, int columns, int depth) = m.Shape;
        long[] sums = Gathered(rows * columns, i => (long)*(int*)MatrixOperations.Element(warp, placesC, i, 4));
        Multiply(m, Bytes(placesA, rows * depth), Bytes(placesB, depth * columns), sums);
        for (int i = 0; i < sums.Length; i++)
            *(int*)MatrixOperations.Element(warp, detail.Results, i, 4) = WrapOrClamp(sums[i], m);
    }

    public static void MultiplyWarpDoubles(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = MatrixOperations.RequireWholeWarp(warp, operation, mask);
        PtxModifiers m = detail.Instruction.Modifiers;
        (Place[] placesA, Place[] placesB, Place[] placesC) = Split(detail, true);
        double[] Doubles(Place[] places, int count) => Gathered(count, i => *(double*)MatrixOperations.Element(warp, places, i, 8));
        (int rows, int columns, int depth) = m.Shape;
        double[] sums = Doubles(placesC, rows * columns);
        Multiply(m, Doubles(placesA, rows * depth), Doubles(placesB, depth * columns), sums);
        for (int i = 0; i < sums.Length; i++)
            *(double*)MatrixOperations.Element(warp, detail.Results, i, 8) = sums[i];
    }

    private static T[] Gathered<T>(int count, Func<int, T> element)
    {
        T[] values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = element(i);
        return values;
    }

    private static (Place[] A, Place[] B, Place[] C) Split(Detail detail, bool isWarp)
    {
        PtxModifiers m = detail.Instruction.Modifiers;
        int a = PtxFragment.Registers(isWarp, PtxMatrix.A, m.Shape, m.Types[1]),
            b = PtxFragment.Registers(isWarp, PtxMatrix.B, m.Shape, m.Types[2]);
        return (detail.Sources[..a], detail.Sources[a..(a + b)], detail.Sources[(a + b)..]);
    }

    /// <summary>
    /// A [M, K] and B [K, N] from the lanes' registers; <paramref name="value"/> takes a register, the index of the element in it, and the
    /// matrix's type.
    /// </summary>
    private static (T[] A, T[] B, Place[] C) Fragments<T>(Warp warp, Detail detail, Func<ulong, int, PtxType, T> value)
    {
        PtxModifiers m = detail.Instruction.Modifiers;
        (int rows, int columns, int depth) = m.Shape;
        (Place[] placesA, Place[] placesB, Place[] c) = Split(detail, false);
        int each = rows * depth / 32 / placesA.Length, groups = rows / 8;
        T[] a = new T[rows * depth], b = new T[depth * columns];
        for (int lane = 0; lane < 32; lane++)
        {
            (int group, int place) = (lane / 4, lane % 4);
            for (int register = 0; register < placesA.Length; register++)
            {
                ulong bits = LaneOperations.Read(warp.Frame, placesA[register], lane);
                for (int i = 0; i < each; i++)
                    a[(group + 8 * (register % groups)) * depth + register / groups * 4 * each + place * each + i] = value(bits, i,
                        m.Types[1]);
            }

            for (int register = 0; register < placesB.Length; register++)
            {
                ulong bits = LaneOperations.Read(warp.Frame, placesB[register], lane);
                for (int i = 0; i < each; i++)
                    b[(register * 4 * each + place * each + i) * columns + group] = value(bits, i, m.Types[2]);
            }
        }

        return (a, b, c);
    }

    /// <summary>Calls <paramref name="action"/> for every register and lane of C or D, with the element of [M, N] that it holds.</summary>
    private static void ForEachSum((int M, int N, int K) shape, Action<int, int, int> action)
    {
        for (int register = 0; register < shape.M * shape.N / 32; register++)
        {
            for (int lane = 0; lane < 32; lane++)
                action(register, lane, (lane / 4 + 8 * (register / 2)) * shape.N + 2 * (lane % 4) + register % 2);
        }
    }

    private static long WholeNumber(ulong bits, int index, PtxType type) => type switch
    {
        PtxType.S8 => (sbyte)(bits >> 8 * index),
        PtxType.U8 => (byte)(bits >> 8 * index),
        PtxType.S4 => (long)(bits >> 4 * index << 60) >> 60,
        PtxType.U4 => (long)(bits >> 4 * index & 15),
        _ => (long)(bits >> index & 1),
    };

    private static void Multiply(PtxModifiers m, long[] a, long[] b, long[] sums)
    {
        (_, int columns, int depth) = m.Shape;
        bool differ = m.Operation == PtxOperation.Xor;
        for (int i = 0; i < sums.Length; i++)
        {
            for (int k = 0; k < depth; k++)
            {
                (long x, long y) = (a[i / columns * depth + k], b[k * columns + i % columns]);
                sums[i] += differ ? x ^ y : x * y;
            }
        }
    }

    private static void Multiply(PtxModifiers m, double[] a, double[] b, double[] sums)
    {
        (_, int columns, int depth) = m.Shape;
        bool directed = DirectedDouble.IsDirected(m.Rounding);
        for (int i = 0; i < sums.Length; i++)
        {
            for (int k = 0; k < depth; k++)
            {
                (double x, double y) = (a[i / columns * depth + k], b[k * columns + i % columns]);
                sums[i] = directed ? DirectedDouble.MultiplyAdd(x, y, sums[i], m.Rounding) : Math.FusedMultiplyAdd(x, y, sums[i]);
            }
        }
    }

    private static int WrapOrClamp(long sum, PtxModifiers m) =>
        m.Has(PtxQualifiers.Satfinite) ? (int)Math.Clamp(sum, int.MinValue, int.MaxValue) : (int)sum;
}
