using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// exp in float64, one value or eight at a time, with identical bits: exp(x) = 2^(k/128) · exp(r) with a table of 128 powers and a
/// polynomial of degree 5 (the method, constants and order of operations of ARM's optimized routines, which glibc uses: there the bits are
/// also those of <see cref="Math.Exp(double)"/>). Errors stay below 0.52 units in the last place.
/// </summary>
internal static unsafe class Exponential
{
    /// <summary>From this magnitude on, <see cref="Math.Exp(double)"/> is called: 2^k may be subnormal or overflow.</summary>
    public const double Limit = 512;

    private const int TableBits = 7;
    private const int TableSize = 1 << TableBits;
    private const int MantissaBits = 52;

    /// <summary>1.5·2⁵²: adding it rounds to an integer, which is then in the low bits.</summary>
    private const double Shift = 6755399441055744.0;

    private const double Inverse = 184.6649652337873, NegativeHigh = -0.0054152123481117087, NegativeLow = -1.2864023111638346e-14;
    private const double C2 = 0.49999999999996786, C3 = 0.16666666666665886, C4 = 0.0416666808410674, C5 = 0.008333335853059549;

    /// <summary>[128, 2]: the relative error of 2^(i/128) as a float64, and that float64's bits minus i·2⁴⁵.</summary>
    private static readonly double* Table = MakeTable();

    public static double Compute(double x)
    {
        if (!(Math.Abs(x) < Limit))
            return Math.Exp(x);
        double shifted = Math.FusedMultiplyAdd(x, Inverse, Shift), k = shifted - Shift;
        long bits = BitConverter.DoubleToInt64Bits(shifted);
        double* entry = Table + 2 * (bits & (TableSize - 1));
        double r = Math.FusedMultiplyAdd(k, NegativeLow, Math.FusedMultiplyAdd(k, NegativeHigh, x)), r2 = r * r;
        double low = Math.FusedMultiplyAdd(Math.FusedMultiplyAdd(r, C3, C2), r2, r + entry[0]);
        double sum = Math.FusedMultiplyAdd(r2 * r2, Math.FusedMultiplyAdd(r, C5, C4), low);
        double scale = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(entry[1]) + (bits << (MantissaBits - TableBits)));
        return Math.FusedMultiplyAdd(scale, sum, scale);
    }

    /// <summary>The same for eight values below <see cref="Limit"/> in magnitude, on machines with AVX2 and FMA.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Compute(Vector512<double> x)
    {
        Vector512<double> shift = Vector512.Create(Shift);
        Vector512<double> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Inverse), shift), k = shifted - shift;
        Vector512<long> bits = shifted.AsInt64();
        Vector512<long> index = (bits & Vector512.Create(TableSize - 1L)) << 1;
        Vector512<double> tail = Gather(Table, index), head = Gather(Table + 1, index);
        Vector512<double> r = Vector512.FusedMultiplyAdd(k, Vector512.Create(NegativeLow),
            Vector512.FusedMultiplyAdd(k, Vector512.Create(NegativeHigh), x)), r2 = r * r;
        Vector512<double> low = Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(r, Vector512.Create(C3), Vector512.Create(C2)), r2,
            r + tail);
        Vector512<double> sum = Vector512.FusedMultiplyAdd(r2 * r2,
            Vector512.FusedMultiplyAdd(r, Vector512.Create(C5), Vector512.Create(C4)), low);
        Vector512<double> scale = (head.AsInt64() + (bits << (MantissaBits - TableBits))).AsDouble();
        return Vector512.FusedMultiplyAdd(scale, sum, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Gather(double* table, Vector512<long> index)
        => Vector512.Create(Avx2.GatherVector256(table, index.GetLower(), sizeof(double)),
            Avx2.GatherVector256(table, index.GetUpper(), sizeof(double)));

    /// <summary>Computes the powers from integer roots with 200 decimal places, so that every platform has the same table.</summary>
    private static double* MakeTable()
    {
        const int digits = 200;
        double[] table = GC.AllocateUninitializedArray<double>(2 * TableSize, pinned: true);
        BigInteger root = BigInteger.One << (digits + 1), power = BigInteger.One << digits;
        for (int i = 0; i < TableBits; i++)
            root = SquareRoot(root << digits);
        for (int i = 0; i < TableSize; i++, power = power * root >> digits)
        {
            const int surplus = digits - MantissaBits;
            BigInteger mantissa = (power + (BigInteger.One << (surplus - 1))) >> surplus, rounded = mantissa << surplus;
            double head = (double)(long)mantissa / (1L << MantissaBits);
            table[2 * i] = Rounded(((power - rounded) << digits) / rounded, digits);
            table[2 * i + 1] = BitConverter.Int64BitsToDouble(
                BitConverter.DoubleToInt64Bits(head) - ((long)i << (MantissaBits - TableBits)));
        }
        Kept = table;
        return (double*)Unsafe.AsPointer(ref table[0]);
    }

    /// <summary>Keeps the table's memory, which is pinned.</summary>
    private static double[]? Kept { get; set; }

    /// <summary>value·2^−digits, to the nearest float64.</summary>
    private static double Rounded(BigInteger value, int digits)
    {
        int surplus = Math.Max(0, (int)BigInteger.Abs(value).GetBitLength() - (MantissaBits + 1));
        BigInteger half = surplus == 0 ? BigInteger.Zero : BigInteger.One << (surplus - 1);
        return Math.ScaleB((double)(long)((value + half) >> surplus), surplus - digits);
    }

    private static BigInteger SquareRoot(BigInteger value)
    {
        BigInteger root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + value / root) >> 1;
            if (next >= root)
                return root;
            root = next;
        }
    }
}
