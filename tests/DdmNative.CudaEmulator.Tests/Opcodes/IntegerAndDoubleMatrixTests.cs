using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using Xunit;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// Products of integers, doubles and 8-bit floats, compared with simple ones. The positions of elements in the lanes are written here as in
/// the figures of chapter 9.7.14.5 of the ISA, shape by shape.
/// </summary>
public class IntegerAndDoubleMatrixTests
{
    public static TheoryData<string, PtxType, PtxType, int, int, string> WholeNumbers()
    {
        TheoryData<string, PtxType, PtxType, int, int, string> data = [];
        foreach ((PtxType[] types, int bits) in new (PtxType[], int)[] { ([U8, S8], 8), ([U4, S4], 4) })
        {
            foreach ((int m, int k) in new[] { (8, 128 / bits), (16, 128 / bits), (16, 256 / bits) })
            {
                foreach (PtxType a in types)
                {
                    foreach (PtxType b in types)
                    {
                        data.Add("", a, b, m, k, "");
                        data.Add(".satfinite", a, b, m, k, "");
                    }
                }
            }
        }

        foreach ((int m, int k) in new[] { (8, 128), (16, 128), (16, 256) })
        {
            data.Add("", B1, B1, m, k, ".and.popc");
            data.Add("", B1, B1, m, k, ".xor.popc");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(WholeNumbers))]
    public void Products_of_integers_are_exact_and_wrap_or_saturate(
        string ending, PtxType typeA, PtxType typeB, int m, int k, string bitwise)
    {
        int bits = typeA == B1 ? 1 : typeA is U4 or S4
            ? 4 : 8, each = 32 / bits, wordsA = m * k / 32 / each, wordsB = 8 * k / 32 / each, wordsC = m * 8 / 32;
        for (int seed = 0; seed < 4; seed++)
        {
            Random random = new(seed);
            uint[] words = [.. Enumerable.Range(0, 32 * (wordsA + wordsB + wordsC)).Select(i => (uint)random.NextInt64(1L << 32))];
            int given = words.Length / 32;
            // Sums at both ends of the 32-bit range, so that some overflow.
            for (int i = 0; i < words.Length; i++)
            {
                if (i % given >= wordsA + wordsB)
                    words[i] = random.Next(3) switch { 0 => int.MaxValue - (uint)random.Next(4000),
                        1 => 0x80000000u + (uint)random.Next(4000), _ => words[i] };
            }

            string name = $"mma.sync.aligned.m{m}n8k{k}.row.col{ending}.s32.{Name(typeA)}.{Name(typeB)}.s32{bitwise}";
            uint[] found = MatrixKernel.Run(
                $"{name} {MatrixKernel.Registers("o", 0, wordsC)}, {MatrixKernel.Registers("w", 0, wordsA)}, "
                + $"{MatrixKernel.Registers("w", wordsA, wordsB)}, {MatrixKernel.Registers("w", wordsA + wordsB, wordsC)};", words, wordsC);
            BigInteger A(int row, int column)
                => Element(words, given, RegisterOfA(row, column, each), LaneOf(row, column, each), column % each, bits, typeA);
            BigInteger B(int row, int column)
                => Element(words, given, wordsA + row / (4 * each), 4 * column + row / each % 4, row % each, bits, typeB);
            for (int lane = 0; lane < 32; lane++)
            {
                for (int register = 0; register < wordsC; register++)
                {
                    int row = lane / 4 + (register > 1 ? 8 : 0), column = lane % 4 * 2 + register % 2;
                    BigInteger sum = (int)words[lane * given + wordsA + wordsB + register];
                    for (int i = 0; i < k; i++)
                        sum += bitwise == ".xor.popc" ? A(row, i) == B(i, column) ? 0 : 1 : A(row, i) * B(i, column);
                    ulong expected = IntegerForms.Wrap(ending.Length > 0 ? IntegerForms.Clamp(sum, S32) : sum, S32);
                    Assert.True(found[lane * wordsC + register] == expected,
                        $"{name}, seed {seed}, row {row}, column {column}: {(int)found[lane * wordsC + register]}, "
                        + $"expected {(int)expected}");
                }
            }
        }
    }

    [Theory]
    [InlineData(8, 4, "")]
    [InlineData(8, 4, ".rm")]
    [InlineData(16, 4, ".rn")]
    [InlineData(16, 8, "")]
    [InlineData(16, 8, ".rz")]
    [InlineData(16, 16, "")]
    [InlineData(16, 16, ".rp")]
    public void Products_of_doubles_are_rounded_once_with_each_product(int m, int k, string rounding)
    {
        int countA = m * k / 32, countB = k / 4, countC = m / 4;
        PtxRounding direction = rounding switch { ".rm" => PtxRounding.Rm, ".rz" => PtxRounding.Rz, ".rp" => PtxRounding.Rp,
            _ => PtxRounding.Rn };
        FloatFormat f = FloatFormat.ForType(F64);
        int given = countA + countB + countC;
        Random random = new(m + k);
        ulong[] values = [.. Enumerable.Range(0, 32 * given)
            .Select(_ => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-3, 4))))];
        string loads = string.Concat(Enumerable.Range(0, given).Select(i => $"mov.b64 %x{i}, {{%w{2 * i}, %w{2 * i + 1}}};\n")),
            stores = string.Concat(Enumerable.Range(0, countC).Select(i => $"mov.b64 {{%o{2 * i}, %o{2 * i + 1}}}, %y{i};\n"));
        string name = $"mma.sync.aligned.m{m}n8k{k}.row.col{rounding}.f64.f64.f64.f64";
        uint[] found = MatrixKernel.Run(
            $"{loads}{name} {MatrixKernel.Registers("y", 0, countC)}, {MatrixKernel.Registers("x", 0, countA)}, "
            + $"{MatrixKernel.Registers("x", countA, countB)}, {MatrixKernel.Registers("x", countA + countB, countC)};\n{stores}",
            Words(values), 2 * countC);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int register = 0; register < countC; register++)
            {
                int row = lane / 4 + (register > 1 ? 8 : 0), column = lane % 4 * 2 + register % 2;
                ulong sum = values[lane * given + countA + countB + register];
                for (int i = 0; i < k; i++)
                {
                    // With 16 rows, the lower half of A is in the odd registers.
                    ulong a = values[(row % 8 * 4 + i % 4) * given + (m == 8 ? 0 : row / 8 + i / 4 * 2)],
                        b = values[(column * 4 + i % 4) * given + countA + i / 4];
                    sum = ExactFloat.MultiplyAdd(a, b, sum, f, direction);
                }

                ulong result = found[(lane * countC + register) * 2] | ((ulong)found[(lane * countC + register) * 2 + 1] << 32);
                Assert.True(result == sum, $"{name}, row {row}, column {column}: 0x{result:X}, expected 0x{sum:X}");
            }
        }
    }

    [Theory]
    [InlineData("e4m3", "e4m3")]
    [InlineData("e4m3", "e5m2")]
    [InlineData("e5m2", "e4m3")]
    [InlineData("e5m2", "e5m2")]
    public void Products_of_8_bit_floats_are_truncated_as_tensor_cores_do(string typeA, string typeB)
    {
        Random random = new(5);
        // Zeros and finite values near one and of all exponents.
        byte Small(string type)
        {
            int sign = random.Next(2) << 7;
            if (random.Next(6) == 0)
                return (byte)(sign | (random.Next(2) == 0 ? 0 : random.Next(0x78)));
            return (byte)(sign | (type == "e4m3" ? ((6 + random.Next(4)) << 3) | random.Next(8)
                : ((14 + random.Next(4)) << 2) | random.Next(4)));
        }

        byte[] a = [.. Enumerable.Range(0, 16 * 32).Select(_ => Small(typeA))],
            b = [.. Enumerable.Range(0, 32 * 8).Select(_ => Small(typeB))];
        uint[] words = new uint[32 * 10];
        for (int row = 0; row < 16; row++)
        {
            for (int i = 0; i < 32; i++)
                words[LaneOf(row, i, 4) * 10 + RegisterOfA(row, i, 4)] |= (uint)a[row * 32 + i] << 8 * (i % 4);
        }

        for (int i = 0; i < 32; i++)
        {
            for (int column = 0; column < 8; column++)
                words[(4 * column + i / 4 % 4) * 10 + 4 + i / 16] |= (uint)b[i * 8 + column] << 8 * (i % 4);
        }

        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 6; i < 10; i++)
                words[lane * 10 + i] = BitConverter.SingleToUInt32Bits(lane - 4 * i);
        }

        TensorCoreReference reference = new(FractionBits: 13, StepDepth: 16, ResultBits: 13);
        (PtxType left, PtxType right) = (Enum.Parse<PtxType>(typeA, ignoreCase: true), Enum.Parse<PtxType>(typeB, ignoreCase: true));
        uint[] found = MatrixKernel.Run(
            $"mma.sync.aligned.m16n8k32.row.col.f32.{typeA}.{typeB}.f32 {{%o0, %o1, %o2, %o3}}, {{%w0, %w1, %w2, %w3}}, {{%w4, %w5}}, "
            + $"{{%w6, %w7, %w8, %w9}};", words, 4);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int register = 0; register < 4; register++)
            {
                int row = lane / 4 + (register > 1 ? 8 : 0), column = lane % 4 * 2 + register % 2;
                uint[] rowOfA = [.. Enumerable.Range(0, 32).Select(i => (uint)a[row * 32 + i])],
                    columnOfB = [.. Enumerable.Range(0, 32).Select(i => (uint)b[i * 8 + column])];
                Assert.Equal(reference.Sum(words[lane * 10 + 6 + register], F32, rowOfA, left, columnOfB, right, F32),
                    found[lane * 4 + register]);
            }
        }
    }

    /// <summary>
    /// The register that contains a row and column of A: rows from 8 on are in the odd ones, each strip of columns in the next pair; with 8
    /// rows there is only one register per strip.
    /// </summary>
    private static int RegisterOfA(int row, int column, int each) => row / 8 + column / (4 * each) * 2;

    private static int LaneOf(int row, int column, int each) => row % 8 * 4 + column / each % 4;

    private static BigInteger Element(uint[] words, int given, int register, int lane, int index, int bits, PtxType type)
    {
        long part = words[lane * given + register] >> (bits * index) & ((1L << bits) - 1);
        return type is S8 or S4 && part >> (bits - 1) != 0 ? part - (1L << bits) : part;
    }

    private static uint[] Words(ulong[] values) => [.. values.SelectMany(value => (uint[])[(uint)value, (uint)(value >> 32)])];

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();
}
