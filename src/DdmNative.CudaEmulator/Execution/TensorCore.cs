using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// What a tensor core adds in one step. The products of a step are exact. They and the accumulator are aligned to the largest exponent
/// among them, each is truncated <see cref="FractionBits"/> binary places below it, and their exact sum is truncated to
/// <see cref="ResultBits"/> binary places, or rounded to the nearest half where the result is one. The exponent of a product is the sum
/// of its factors' exponents, before normalisation. Subnormal numbers are kept and have their format's least exponent; zeros have none.
/// Where an addend is infinite or no number, so is the sum.
/// </summary>
/// <remarks>
/// The rules: Fasi, Higham, Mikaitis and Pranesh, "Numerical behavior of NVIDIA tensor cores", PeerJ Computer Science 7:e330, 2021. The
/// numbers of each generation: "MMA-Sim: bit-accurate reference model of tensor cores and matrix cores", 2025, which compares its model
/// with the hardware bit by bit.
/// </remarks>
/// <param name="FractionBits">Binary places that an aligned addend keeps below the largest exponent.</param>
/// <param name="StepDepth">Contraction indices of one step.</param>
/// <param name="ResultBits">Binary places of the significand of a float32 result.</param>
internal readonly record struct TensorCore(int FractionBits, int StepDepth, int ResultBits)
{
    /// <summary>Below every exponent of two factors: that of a zero.</summary>
    private const int NoExponent = -2048;

    /// <summary>Between these exponents addends are aligned in single precision.</summary>
    private const int LeastInSingle = -100, MostInSingle = 125;

    /// <summary>Elements of the largest operand: 16 × 32.</summary>
    private const int MostElements = 512;

    /// <summary>The unit of a device that multiplies matrices of a type in one instruction.</summary>
    /// <param name="capability">Of the device; 8-bit floats before 8.9, where no device has them, are added as 8.9 does.</param>
    /// <param name="type">Of A.</param>
    /// <param name="depth">Contraction indices of the instruction.</param>
    public static TensorCore Of((int Major, int Minor) capability, PtxType type, int depth)
    {
        if (capability.Major >= 9)
            return new(25, depth, 23);
        return type switch
        {
            PtxType.TF32 => new(24, Math.Min(4, depth), 23),
            PtxType.E4M3 or PtxType.E5M2 => new(13, Math.Min(16, depth), 13),
            _ => new(24, Math.Min(8, depth), 23),
        };
    }

    /// <summary>C := A·B + C.</summary>
    /// <param name="a">[rows, depth].</param>
    /// <param name="b">[depth, columns].</param>
    /// <param name="c">[rows, columns]: accumulators, then results.</param>
    /// <param name="shape">Rows, columns (a multiple of 8) and depth.</param>
    /// <param name="typeA">Of the elements of A.</param>
    /// <param name="typeB">Of the elements of B.</param>
    /// <param name="typeC">Of the accumulators: f32 or f16.</param>
    /// <param name="typeD">Of the results: f32 or f16.</param>
    [SkipLocalsInit]
    public unsafe void MultiplyAdd(
        float* a, float* b, float* c, (int M, int N, int K) shape, PtxType typeA, PtxType typeB, PtxType typeC, PtxType typeD)
    {
        (int rows, int columns, int depth) = shape;
        int* exponentsA = stackalloc int[MostElements], exponentsB = stackalloc int[MostElements];
        double* wideB = stackalloc double[MostElements], exact = stackalloc double[8];
        bool isFinite = Exponents(a, rows * depth, LeastExponent(typeA), exponentsA)
            & Exponents(b, depth * columns, LeastExponent(typeB), exponentsB);
        // So many addends fit into 32 bits, and the results of halves are rounded from the exact sum.
        bool isInSingle = isFinite && typeD == PtxType.F32 && (4L * StepDepth + 2) << FractionBits <= int.MaxValue;
        for (int i = 0; i < depth * columns; i += 4)
            Vector256.WidenLower(Vector256.Create(Vector128.Load(b + i), default)).Store(wideB + i);
        for (int first = 0; first < depth; first += StepDepth)
        {
            int leastC = LeastExponent(first == 0 ? typeC : typeD);
            for (int row = 0; row < rows; row++)
            {
                float* left = a + row * depth;
                for (int column = 0; column < columns; column += 8)
                {
                    float* sums = c + row * columns + column;
                    Vector256<int> own = Exponents(Vector256.Load(sums), leastC), largest = own;
                    for (int k = first; k < first + StepDepth; k++)
                    {
                        Vector256<int> right = Vector256.Load(exponentsB + k * columns + column);
                        largest = Vector256.Max(largest, Vector256.Create(exponentsA[row * depth + k]) + right);
                    }

                    if (isInSingle && IsInSingle(largest))
                    {
                        AddInSingle(left, b + column, columns, first, sums, Vector256.Max(largest, Vector256.Create(LeastInSingle)));
                        continue;
                    }

                    // Of zeros alone any scale will do.
                    largest = Vector256.Max(largest, Vector256.Create(-300));
                    AddHalf(left, wideB + column, columns, first, sums, Vector256.WidenLower(largest), exact);
                    AddHalf(left, wideB + column + 4, columns, first, sums + 4, Vector256.WidenUpper(largest), exact + 4);
                    if (!isFinite || Vector256.GreaterThanAny(own, Vector256.Create(127)))
                        ReplaceNonFinite(left, b + column, columns, first, sums, exact);
                    Store(exact, sums, typeD);
                }
            }
        }
    }

    /// <summary>
    /// Whether products, of at most 22 bits, and accumulators whose largest exponents these are can be aligned in single precision: none
    /// overflows, and what is lost of those below the normal numbers is truncated anyway.
    /// </summary>
    private static bool IsInSingle(Vector256<int> largest)
    {
        Vector256<int> isOutside = Vector256.GreaterThan(largest, Vector256.Create(MostInSingle))
            | (Vector256.LessThan(largest, Vector256.Create(LeastInSingle)) & Vector256.GreaterThan(largest, Vector256.Create(-300)));
        return isOutside == Vector256<int>.Zero;
    }

    /// <summary>Eight sums in whole numbers of 32 bits, truncated to single precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void AddInSingle(float* a, float* b, int columns, int first, float* c, Vector256<int> largest)
    {
        Vector256<int> places = Vector256.Create(FractionBits) - largest;
        Vector256<float> up = PowerOfTwo(places), down = PowerOfTwo(-places);
        Vector256<int> sum = Vector256.ConvertToInt32Native(Vector256.Load(c) * up);
        for (int k = first; k < first + StepDepth; k++)
            sum += Vector256.ConvertToInt32Native(Vector256.Create(a[k]) * Vector256.Load(b + k * columns) * up);

        // The conversion rounds to nearest: what grew by it goes back by one place.
        Vector256<float> nearest = Vector256.ConvertToSingle(sum);
        Vector256<int> hasGrown = Vector256.GreaterThan(Vector256.Abs(Vector256.ConvertToInt32Native(nearest)), Vector256.Abs(sum));
        Vector256<int> truncated = (nearest.AsInt32() + hasGrown) & Vector256.Create(-1 << 23 - ResultBits);
        (truncated.AsSingle() * down).Store(c);
    }

    /// <summary>Four exact sums of truncated addends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void AddHalf(float* a, double* b, int columns, int first, float* c, Vector256<long> largest, double* exact)
    {
        Vector256<long> places = Vector256.Create((long)FractionBits) - largest;
        Vector256<double> up = PowerOfTwo(places), down = PowerOfTwo(-places);
        Vector256<double> sum = Vector256.Truncate(Vector256.WidenLower(Vector256.Create(Vector128.Load(c), default)) * up);
        for (int k = first; k < first + StepDepth; k++)
            sum += Vector256.Truncate(Vector256.Create((double)a[k]) * Vector256.Load(b + k * columns) * up);
        (sum * down).Store(exact);
    }

    private unsafe void ReplaceNonFinite(float* a, float* b, int columns, int first, float* c, double* exact)
    {
        for (int i = 0; i < 8; i++)
        {
            double sum = c[i];
            for (int k = first; k < first + StepDepth; k++)
                sum += (double)a[k] * b[k * columns + i];
            if (!double.IsFinite(sum))
                exact[i] = sum;
        }
    }

    /// <summary>The results of eight exact sums.</summary>
    private unsafe void Store(double* exact, float* results, PtxType type)
    {
        if (type == PtxType.F16)
        {
            for (int i = 0; i < 8; i++)
                results[i] = double.IsNaN(exact[i]) ? BitConverter.UInt32BitsToSingle(0x7fffffff) : (float)(Half)exact[i];
            return;
        }

        long kept = -1L << 52 - ResultBits;
        double lastPlace = Math.ScaleB(1, -126 - ResultBits);
        Vector256<double> smallest = Vector256.Create(Math.ScaleB(1, -126));
        for (int i = 0; i < 8; i += 4)
        {
            Vector256<double> sums = Vector256.Load(exact + i);
            Vector256<double> truncated = (sums.AsInt64() & Vector256.Create(kept)).AsDouble();
            Vector256<double> small = Vector256.Truncate(truncated / Vector256.Create(lastPlace)) * Vector256.Create(lastPlace);
            truncated = Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(truncated), smallest), small, truncated);
            // What is no number has one form; zeros are positive.
            truncated = Vector256.ConditionalSelect(Vector256.Equals(truncated, truncated), truncated + Vector256<double>.Zero, sums);
            Vector128<float> narrow = Vector256.Narrow(truncated, default).GetLower();
            Vector128<float> noNumber = Vector128.Create(0x7fffffff).AsSingle();
            Vector128.ConditionalSelect(Vector128.Equals(narrow, narrow), narrow, noNumber).Store(results + i);
        }
    }

    /// <summary>2ⁿ for −1022 ≤ n ≤ 1023.</summary>
    private static Vector256<double> PowerOfTwo(Vector256<long> exponents) => (exponents + Vector256.Create(1023L) << 52).AsDouble();

    /// <summary>2ⁿ for −126 ≤ n ≤ 127.</summary>
    private static Vector256<float> PowerOfTwo(Vector256<int> exponents) => (exponents + Vector256.Create(127) << 23).AsSingle();

    /// <summary>The exponents of floats; those of what is not finite are above 127. Whether all are finite.</summary>
    private static unsafe bool Exponents(float* values, int count, int least, int* exponents)
    {
        Vector256<int> largest = Vector256.Create(NoExponent);
        for (int i = 0; i < count; i += 8)
        {
            Vector256<int> found = Exponents(Vector256.Load(values + i), least);
            found.Store(exponents + i);
            largest = Vector256.Max(largest, found);
        }

        return !Vector256.GreaterThanAny(largest, Vector256.Create(127));
    }

    private static Vector256<int> Exponents(Vector256<float> values, int least)
    {
        Vector256<int> magnitudes = values.AsInt32() & Vector256.Create(int.MaxValue);
        Vector256<int> exponents = Vector256.Max((magnitudes >>> 23) - Vector256.Create(127), Vector256.Create(least));
        return Vector256.ConditionalSelect(Vector256.Equals(magnitudes, Vector256<int>.Zero), Vector256.Create(NoExponent), exponents);
    }

    /// <summary>The exponent of a format's subnormal numbers.</summary>
    private static int LeastExponent(PtxType type) => type switch
    {
        PtxType.F16 or PtxType.E5M2 => -14,
        PtxType.E4M3 => -6,
        _ => -126,
    };
}
