using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Transposes a 16 × 16 block of floats: target[targetRow[j]][i] = source[sourceRow[i]][j]. Every conversion between PyTorch's filter order
/// and the kernels' rows of output channels consists of such blocks: 16 loads, 64 shuffles and 16 stores for 256 floats, where moving them
/// one by one takes 512 accesses.
/// </summary>
/// <remarks>
/// <para>Without AVX-512 a block is four of 8 × 8. Loads of half a register bring the quarters to where they belong, so that each of the
/// four needs 16 shuffles.</para>
/// <para>The offsets (in floats) say where the rows are. Target rows are stored from the last to the first, so that a caller with fewer
/// than sixteen may store the surplus rows over its first.</para>
/// </remarks>
internal static unsafe class RegisterTransposition
{
    /// <summary>Rows and columns of a block.</summary>
    public const int Size = 16;

    private const int Half = Size / 2;

    /// <summary>Whether <see cref="Transpose"/> may be called.</summary>
    public static bool IsSupported => Avx.IsSupported;

    public static void Transpose(float* source, int* sourceRow, float* target, int* targetRow)
    {
        if (Avx512F.IsSupported)
        {
            TransposeWhole(source, sourceRow, target, targetRow);
            return;
        }
        for (int row = Size - Half; row >= 0; row -= Half)
            for (int column = 0; column < Size; column += Half)
                TransposeQuarter(source + row, sourceRow + column, target + column, targetRow + row);
    }

    /// <summary>An 8 × 8 block in the same way.</summary>
    private static void TransposeQuarter(float* source, int* sourceRow, float* target, int* targetRow)
    {
        float* r0 = source + sourceRow[0], r1 = source + sourceRow[1], r2 = source + sourceRow[2], r3 = source + sourceRow[3];
        float* r4 = source + sourceRow[4], r5 = source + sourceRow[5], r6 = source + sourceRow[6], r7 = source + sourceRow[7];
        Vector256<float> a4 = LoadHalves(r0 + 4, r4 + 4), a5 = LoadHalves(r1 + 4, r5 + 4);
        Vector256<float> a6 = LoadHalves(r2 + 4, r6 + 4), a7 = LoadHalves(r3 + 4, r7 + 4);
        Vector256<float> a0 = LoadHalves(r0, r4), a1 = LoadHalves(r1, r5), a2 = LoadHalves(r2, r6), a3 = LoadHalves(r3, r7);
        TurnHalves(ref a4, ref a5, ref a6, ref a7);
        a7.Store(target + targetRow[7]);
        a6.Store(target + targetRow[6]);
        a5.Store(target + targetRow[5]);
        a4.Store(target + targetRow[4]);
        TurnHalves(ref a0, ref a1, ref a2, ref a3);
        a3.Store(target + targetRow[3]);
        a2.Store(target + targetRow[2]);
        a1.Store(target + targetRow[1]);
        a0.Store(target + targetRow[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LoadHalves(float* low, float* high) => Vector256.Create(Vector128.Load(low), Vector128.Load(high));

    /// <summary>Four rows: each 128-bit half becomes its own 4 × 4 transpose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnHalves(ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
        Vector256<double> abLow = Avx.UnpackLow(a, b).AsDouble(), abHigh = Avx.UnpackHigh(a, b).AsDouble();
        Vector256<double> cdLow = Avx.UnpackLow(c, d).AsDouble(), cdHigh = Avx.UnpackHigh(c, d).AsDouble();
        a = Avx.UnpackLow(abLow, cdLow).AsSingle();
        b = Avx.UnpackHigh(abLow, cdLow).AsSingle();
        c = Avx.UnpackLow(abHigh, cdHigh).AsSingle();
        d = Avx.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    private static void TransposeWhole(float* source, int* sourceRow, float* target, int* targetRow)
    {
        Vector512<float> a0 = Vector512.Load(source + sourceRow[0]), a1 = Vector512.Load(source + sourceRow[1]);
        Vector512<float> a2 = Vector512.Load(source + sourceRow[2]), a3 = Vector512.Load(source + sourceRow[3]);
        Vector512<float> a4 = Vector512.Load(source + sourceRow[4]), a5 = Vector512.Load(source + sourceRow[5]);
        Vector512<float> a6 = Vector512.Load(source + sourceRow[6]), a7 = Vector512.Load(source + sourceRow[7]);
        Vector512<float> a8 = Vector512.Load(source + sourceRow[8]), a9 = Vector512.Load(source + sourceRow[9]);
        Vector512<float> a10 = Vector512.Load(source + sourceRow[10]), a11 = Vector512.Load(source + sourceRow[11]);
        Vector512<float> a12 = Vector512.Load(source + sourceRow[12]), a13 = Vector512.Load(source + sourceRow[13]);
        Vector512<float> a14 = Vector512.Load(source + sourceRow[14]), a15 = Vector512.Load(source + sourceRow[15]);
        TurnQuarters(ref a0, ref a1, ref a2, ref a3);
        TurnQuarters(ref a4, ref a5, ref a6, ref a7);
        TurnQuarters(ref a8, ref a9, ref a10, ref a11);
        TurnQuarters(ref a12, ref a13, ref a14, ref a15);
        GatherQuarters(ref a3, ref a7, ref a11, ref a15);
        GatherQuarters(ref a2, ref a6, ref a10, ref a14);
        GatherQuarters(ref a1, ref a5, ref a9, ref a13);
        GatherQuarters(ref a0, ref a4, ref a8, ref a12);
        a15.Store(target + targetRow[15]);
        a14.Store(target + targetRow[14]);
        a13.Store(target + targetRow[13]);
        a12.Store(target + targetRow[12]);
        a11.Store(target + targetRow[11]);
        a10.Store(target + targetRow[10]);
        a9.Store(target + targetRow[9]);
        a8.Store(target + targetRow[8]);
        a7.Store(target + targetRow[7]);
        a6.Store(target + targetRow[6]);
        a5.Store(target + targetRow[5]);
        a4.Store(target + targetRow[4]);
        a3.Store(target + targetRow[3]);
        a2.Store(target + targetRow[2]);
        a1.Store(target + targetRow[1]);
        a0.Store(target + targetRow[0]);
    }

    /// <summary>Four rows: each 128-bit quarter becomes its own 4 × 4 transpose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnQuarters(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<double> abLow = Avx512F.UnpackLow(a, b).AsDouble(), abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
        Vector512<double> cdLow = Avx512F.UnpackLow(c, d).AsDouble(), cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
        a = Avx512F.UnpackLow(abLow, cdLow).AsSingle();
        b = Avx512F.UnpackHigh(abLow, cdLow).AsSingle();
        c = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
        d = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    /// <summary>Quarter q of the four rows, side by side, becomes row q: a 4 × 4 transpose of quarters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherQuarters(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<float> abEven = Avx512F.Shuffle4x128(a, b, 0b10_00_10_00), abOdd = Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
        Vector512<float> cdEven = Avx512F.Shuffle4x128(c, d, 0b10_00_10_00), cdOdd = Avx512F.Shuffle4x128(c, d, 0b11_01_11_01);
        a = Avx512F.Shuffle4x128(abEven, cdEven, 0b10_00_10_00);
        b = Avx512F.Shuffle4x128(abOdd, cdOdd, 0b10_00_10_00);
        c = Avx512F.Shuffle4x128(abEven, cdEven, 0b11_01_11_01);
        d = Avx512F.Shuffle4x128(abOdd, cdOdd, 0b11_01_11_01);
    }
}
