using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using DdmNative.CudaEmulator.Tests.Execution;
using Xunit;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// <c>mma.sync</c>, <c>wmma</c> and <c>ldmatrix</c> compared with products of whole matrices; the positions of elements in a fragment are
/// written here as in the figures of the ISA (8.x, chapter 9.7.14.5).
/// </summary>
public class MatrixFormTests
{
    public static TheoryData<int, PtxType, PtxType, PtxType> Products => new()
    {
        { 8, F16, F32, F32 }, { 8, F16, F16, F16 }, { 8, F16, F32, F16 }, { 8, F16, F16, F32 }, { 16, F16, F32, F32 },
        { 16, F16, F16, F16 }, { 16, F16, F32, F16 }, { 16, F16, F16, F32 },
        { 8, BF16, F32, F32 }, { 16, BF16, F32, F32 }, { 4, TF32, F32, F32 }, { 8, TF32, F32, F32 },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void A_warps_product_is_the_product_of_the_matrices(int depth, PtxType type, PtxType typeD, PtxType typeC)
    {
        for (int seed = 0; seed < 8; seed++)
        {
            Random random = new(seed);
            // Integers whose sums every type represents exactly; odd seeds with negative zeros and fractions of a power of two.
            double Value() => seed % 2 == 0 ? random.Next(-8, 9) : random.Next(-8, 9) / 4.0 * (random.Next(5) == 0 ? -0.0 : 1);
            double[,] a = Matrix(16, depth, Value), b = Matrix(depth, 8, Value), c = Matrix(16, 8, Value);
            uint[] sources = [.. Fragments(a, type, PlaceInA(type)), .. Fragments(b, type, PlaceInB(type)),
                .. Fragments(c, typeC, PlaceInC)];
            if (type == TF32)
            {
                // The unit reads ten bits of mantissa: the bits below may have any value.
                for (int i = 0; i < 32 * (Registers(16 * depth, type) + Registers(depth * 8, type)); i++)
                    sources[i] |= (uint)random.Next(1 << 13);
            }

            int countA = Registers(16 * depth, type), countB = Registers(depth * 8, type), countC = Registers(16 * 8, typeC),
                countD = Registers(16 * 8, typeD);
            string loads = string.Concat(Enumerable.Range(0, countA + countB + countC)
                .Select(i => $"ld.global.b32 %r{10 + i}, [%rd3+{128 * i}];\n"));
            string stores = string.Concat(Enumerable.Range(0, countD).Select(i => $"st.global.b32 [%rd2+{128 * i}], %r{60 + i};\n"));
            string code = $"mma.sync.aligned.m16n8k{depth}.row.col.{Name(typeD)}.{Name(type)}.{Name(type)}.{Name(typeC)} "
                + $"{List(60, countD)}, {List(10, countA)}, {List(10 + countA, countB)}, {List(10 + countA + countB, countC)};";
            uint[] found = LaneKernel.Results(loads + code + stores, 32 * countD, sources);
            double[,] expected = Product(a, b, c);
            Assert.Equal(Fragments(expected, typeD, PlaceInC).Select(bits => Unsigned(bits, typeD)),
                found.Select(bits => Unsigned(bits, typeD)));
        }
    }

    [Fact]
    public void A_product_is_as_exact_as_sums_in_single_precision()
    {
        Random random = new(1);
        foreach ((int depth, PtxType type) in new[] { (16, F16), (16, BF16), (8, TF32) })
        {
            double Value() => Rounded(random.NextDouble() * 2 - 1, type);
            double[,] a = Matrix(16, depth, Value), b = Matrix(depth, 8, Value), c = Matrix(16, 8, () => (float)random.NextDouble());
            uint[] sources = [.. Fragments(a, type, PlaceInA(type)), .. Fragments(b, type, PlaceInB(type)), .. Fragments(c, F32, PlaceInC)];
            int countA = Registers(16 * depth, type), countB = Registers(depth * 8, type);
            string loads = string.Concat(
                Enumerable.Range(0, countA + countB + 4).Select(i => $"ld.global.b32 %r{10 + i}, [%rd3+{128 * i}];\n"));
            string code = $"mma.sync.aligned.m16n8k{depth}.row.col.f32.{Name(type)}.{Name(type)}.f32 {List(60, 4)}, {List(10, countA)}, "
                + $"{List(10 + countA, countB)}, {List(10 + countA + countB, 4)};";
            uint[] found = LaneKernel.Results(
                loads + code + string.Concat(Enumerable.Range(0, 4).Select(i => $"st.global.b32 [%rd2+{128 * i}], %r{60 + i};\n")), 128,
                sources);
            double[,] expected = Product(a, b, c);
            for (int i = 0; i < 128; i++)
            {
                (int row, int column) = PlaceInC(i % 32, i / 32);
                Assert.Equal(expected[row, column], BitConverter.UInt32BitsToSingle(found[i]), (depth + 1) * 17 * Math.Pow(2, -24));
            }
        }
    }

    /// <summary>Compute capability, depth, types, and how the tensor cores of that generation add.</summary>
    public static TheoryData<int, int, PtxType, PtxType, PtxType, int, int> TruncatedProducts
    {
        get
        {
            TheoryData<int, int, PtxType, PtxType, PtxType, int, int> data = [];
            foreach (int depth in new[] { 8, 16 })
            {
                foreach ((PtxType d, PtxType c) in new[] { (F32, F32), (F16, F16), (F32, F16), (F16, F32) })
                {
                    data.Add(80, depth, F16, d, c, 24, 8);
                    data.Add(90, depth, F16, d, c, 25, depth);
                }

                data.Add(86, depth, BF16, F32, F32, 24, 8);
                data.Add(90, depth, BF16, F32, F32, 25, depth);
            }

            foreach (int depth in new[] { 4, 8 })
            {
                data.Add(80, depth, TF32, F32, F32, 24, 4);
                data.Add(90, depth, TF32, F32, F32, 25, depth);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TruncatedProducts))]
    public void Sums_are_truncated_as_tensor_cores_do(int capability, int depth,
        PtxType type, PtxType typeD, PtxType typeC, int fractionBits, int step)
    {
        TensorCoreReference reference = new(fractionBits, step);
        EmulatorOptions options = LaneKernel.Options with { Capability = (capability / 10, capability % 10) };
        for (int seed = 0; seed < 36; seed++)
        {
            Random random = new(seed);
            uint[,] a = Bits(16, depth, type, random, seed), b = Bits(depth, 8, type, random, seed), c = Bits(16, 8, typeC, random, seed);
            uint[] sources = [.. Words(a, type, PlaceInA(type)), .. Words(b, type, PlaceInB(type)), .. Words(c, typeC, PlaceInC)];
            uint[] found = LaneKernel.Results(Product(depth, type, typeD, typeC, out int countD), 32 * countD, sources, options: options);
            uint[,] expected = new uint[16, 8];
            for (int i = 0; i < 128; i++)
            {
                (int row, int column) = (i / 8, i % 8);
                uint[] left = [.. Enumerable.Range(0, depth).Select(k => a[row, k])],
                    right = [.. Enumerable.Range(0, depth).Select(k => b[k, column])];
                expected[row, column] = reference.Sum(c[row, column], typeC, left, type, right, type, typeD);
            }

            Assert.Equal(Words(expected, typeD, PlaceInC), found);
        }
    }

    [Theory]
    [InlineData(MatrixSums.Round, 0x40000000u)]
    [InlineData(MatrixSums.Truncate, 0x3fffffffu)]
    public void The_options_select_rounded_sums(MatrixSums sums, uint expected)
    {
        // (2 − 2⁻²³) + 2⁻¹² · (2⁻¹² + 2⁻¹³): three quarters of the last place.
        uint[,] a = new uint[16, 8], b = new uint[8, 8], c = new uint[16, 8];
        for (int row = 0; row < 16; row++)
            a[row, 3] = BitConverter.SingleToUInt32Bits(MathF.ScaleB(1, -12));
        for (int column = 0; column < 8; column++)
            b[3, column] = BitConverter.SingleToUInt32Bits(MathF.ScaleB(1.5f, -12));
        for (int i = 0; i < 128; i++)
            c[i / 8, i % 8] = 0x3fffffff;
        uint[] sources = [.. Words(a, TF32, PlaceInA(TF32)), .. Words(b, TF32, PlaceInB(TF32)), .. Words(c, F32, PlaceInC)];
        uint[] found = LaneKernel.Results(Product(8, TF32, F32, F32, out int countD), 32 * countD, sources,
            options: LaneKernel.Options with { MatrixSums = sums });
        Assert.All(found, bits => Assert.Equal(expected, bits));
    }

    [Theory]
    [InlineData(0x7f800000u, 0x3f800000u, 0u, 0x7f800000u)] // ∞ · 1 + 0
    [InlineData(0xff800000u, 0x3f800000u, 0x3f800000u, 0xff800000u)]
    [InlineData(0x7f800000u, 0u, 0x3f800000u, 0x7fffffffu)] // ∞ · 0
    [InlineData(0x7f800000u, 0x3f800000u, 0xff800000u, 0x7fffffffu)] // ∞ − ∞
    [InlineData(0x3f800000u, 0x3f800000u, 0x7fc00001u, 0x7fffffffu)]
    [InlineData(0x7f000000u, 0x40000000u, 0x7f7fffffu, 0x7f800000u)] // beyond the largest float
    [InlineData(0x7f000000u, 0x40000000u, 0xff7fffffu, 0x73800000u)] // 2¹²⁸ − the largest float: the product alone need not fit
    [InlineData(0x80000000u, 0x3f800000u, 0x80000000u, 0u)]
    public void Nonfinite_values_propagate(uint a, uint b, uint c, uint expected)
    {
        uint[,] left = new uint[16, 8], right = new uint[8, 8], sums = new uint[16, 8];
        (left[5, 6], right[6, 2], sums[5, 2]) = (a, b, c);
        uint[] sources = [.. Words(left, TF32, PlaceInA(TF32)), .. Words(right, TF32, PlaceInB(TF32)), .. Words(sums, F32, PlaceInC)];
        uint[] found = LaneKernel.Results(Product(8, TF32, F32, F32, out int countD), 32 * countD, sources);
        uint[,] all = new uint[16, 8];
        all[5, 2] = expected;
        uint[] whole = Words(all, F32, PlaceInC);
        // 0 · ∞ is NaN in the rest of the row or column, too.
        for (int i = 0; i < 128; i++)
        {
            (int row, int column) = PlaceInC(i % 32, i / 32);
            bool meets = (row == 5 && a == 0x7f800000 || row == 5 && a == 0xff800000) && column != 2;
            Assert.Equal(meets ? 0x7fffffff : whole[i], found[i]);
        }
    }

    /// <summary>Loads, one mma.m16n8k…, stores.</summary>
    private static string Product(int depth, PtxType type, PtxType typeD, PtxType typeC, out int countD)
    {
        int countA = Registers(16 * depth, type), countB = Registers(depth * 8, type), countC = Registers(16 * 8, typeC);
        countD = Registers(16 * 8, typeD);
        string loads = string.Concat(Enumerable.Range(0, countA + countB + countC)
            .Select(i => $"ld.global.b32 %r{10 + i}, [%rd3+{128 * i}];\n"));
        string stores = string.Concat(Enumerable.Range(0, countD).Select(i => $"st.global.b32 [%rd2+{128 * i}], %r{60 + i};\n"));
        string types = $"{Name(typeD)}.{Name(type)}.{Name(type)}.{Name(typeC)}";
        string operands = $"{List(60, countD)}, {List(10, countA)}, {List(10 + countA, countB)}, {List(10 + countA + countB, countC)}";
        return $"{loads}mma.sync.aligned.m16n8k{depth}.row.col.{types} {operands};\n{stores}";
    }

    /// <summary>
    /// Random finite bits of a type: in turn, all exponents, exponents near one, exponents of similar size, and exponents near the
    /// subnormal numbers.
    /// </summary>
    private static uint[,] Bits(int rows, int columns, PtxType type, Random random, int seed)
    {
        (int exponentBits, int mantissaBits) = type switch { F16 => (5, 10), BF16 => (8, 7), E4M3 => (4, 3), E5M2 => (5, 2), _ => (8, 23) };
        int last = (1 << exponentBits) - 2, middle = last / 2;
        uint[,] bits = new uint[rows, columns];
        for (int i = 0; i < bits.Length; i++)
        {
            int field = (seed % 6) switch
            {
                0 => random.Next(middle / 2, middle + middle / 2),
                1 => random.Next(Math.Max(0, middle - 12), middle + 3),
                2 => middle,
                3 => random.Next(0, Math.Min(last, middle / 2 + 6)),
                // Products about the ends of what the emulator adds in single precision, and about the largest floats.
                4 => Math.Max(0, middle - random.Next(44, 58)),
                _ => Math.Min(last, middle + random.Next(56, 66)),
            };
            uint mantissa = random.Next(8) == 0 ? 0 : (uint)random.Next(1 << mantissaBits);
            if (random.Next(16) == 0)
                (field, mantissa) = (0, 0);
            bits[i / columns, i % columns] = ((uint)random.Next(2) << (exponentBits + mantissaBits))
                | ((uint)field << mantissaBits) | mantissa;
        }

        return bits;
    }

    /// <summary>Register after register, 32 lanes each.</summary>
    private static uint[] Words(uint[,] matrix, PtxType type, Func<int, int, (int Row, int Column)> place)
    {
        int perRegister = type.ByteSize() == 2 ? 2 : 1;
        uint[] words = new uint[matrix.Length / perRegister];
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < matrix.Length / 32; i++)
            {
                (int row, int column) = place(lane, i);
                words[i / perRegister * 32 + lane] |= matrix[row, column] << 16 * (i % perRegister);
            }
        }

        return words;
    }

    public static TheoryData<string, int, int, int> WarpProducts
    {
        get
        {
            TheoryData<string, int, int, int> data = [];
            foreach ((int m, int n, int k) in new[] { (16, 16, 16), (32, 8, 16), (8, 32, 16) })
            {
                foreach (string types in new[] { "f16 f32 f32", "f16 f16 f16", "f16 f32 f16", "f16 f16 f32", "bf16 f32 f32" })
                    data.Add(types, m, n, k);
            }

            data.Add("tf32 f32 f32", 16, 16, 8);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(WarpProducts))]
    public void Warp_matrices_are_loaded_and_stored_in_any_layout_and_space(string types, int m, int n, int k)
    {
        PtxType[] parsed = [.. types.Split(' ').Select(word => Enum.Parse<PtxType>(word, ignoreCase: true))];
        (PtxType type, PtxType typeD, PtxType typeC) = (parsed[0], parsed[1], parsed[2]);
        int seed = 0;
        foreach (string layoutA in new[] { "row", "col" })
        {
            foreach (string layoutB in new[] { "row", "col" })
            {
                foreach (string layoutC in new[] { "row", "col" })
                {
                    foreach (string space in new[] { ".global", ".shared", "" })
                        CheckWarpProduct(type, typeD, typeC, (m, n, k), (layoutA, layoutB, layoutC), space, padding: seed % 3 * 8, seed++);
                }
            }
        }
    }

    private static void CheckWarpProduct(PtxType type, PtxType typeD, PtxType typeC, (int M, int N, int K) shape,
        (string A, string B, string C) layout, string space, int padding, int seed)
    {
        Random random = new(seed);
        // Integers whose sums are exact, alternating with fractions whose sums are truncated.
        double Value(PtxType of) => seed % 2 == 0 ? random.Next(-4, 5) : Rounded(random.NextDouble() * 4 - 2, of);
        double[,] a = Matrix(shape.M, shape.K, () => Value(type)), b = Matrix(shape.K, shape.N, () => Value(type));
        double[,] c = Matrix(shape.M, shape.N, () => Value(typeC));
        (uint[] words, int stride)[] stored = [Stored(a, type, layout.A, padding), Stored(b, type, layout.B, padding),
            Stored(c, typeC, layout.C, padding)];
        int[] places = [0, stored[0].words.Length, stored[0].words.Length + stored[1].words.Length];
        uint[] sources = [.. stored.SelectMany(matrix => matrix.words)];
        (uint[] expected, int strideD) = Stored(seed % 2 == 0 ? Product(a, b, c) : TruncatedProduct(a, b, c, type, typeC, typeD),
            typeD, layout.C, padding);
        int countA = PtxFragment.Registers(true, PtxMatrix.A, shape, type), countB = PtxFragment.Registers(true, PtxMatrix.B, shape, type);
        int countC = PtxFragment.Registers(true, PtxMatrix.C, shape, typeC),
            countD = PtxFragment.Registers(true, PtxMatrix.D, shape, typeD);
        string size = $"m{shape.M}n{shape.N}k{shape.K}", multiply = type == F16
            ? $"{Name(typeD)}.{Name(typeC)}" : $"f32.{Name(type)}.{Name(type)}.f32";
        // In shared memory a copy of everything; the padding is copied too and never read.
        string copy = space == ".shared"
            ? $"mov.u32 %r90, %r4; COPY: setp.ge.u32 %p1, %r90, {sources.Length}; @%p1 bra COPIED; mul.wide.u32 %rd20, %r90, 4; add.s64 "
                + $"%rd20, %rd20, %rd1; ld.global.u32 %r91, [%rd20]; mad.lo.u32 %r92, %r90, 4, %r3; st.shared.u32 [%r92], %r91; add.u32 "
                + $"%r90, %r90, 32; bra COPY; COPIED: bar.sync 0;"
            : "";
        string Address(int matrix) => space == ".shared" ? $"%r{93}" : $"%rd{21}";
        string Point(int matrix)
            => space == ".shared" ? $"add.u32 %r93, %r3, {4 * places[matrix]};" : $"add.s64 %rd21, %rd1, {4 * places[matrix]};";
        string body = $"""
            {copy}
            {Point(0)}
            wmma.load.a.sync.aligned.{layout.A}.{size}{space}.{Name(type)} {List(10, countA)}, [{Address(0)}], {stored[0].stride};
            {Point(1)}
            wmma.load.b.sync.aligned.{layout.B}.{size}{space}.{Name(type)} {List(20, countB)}, [{Address(1)}], {stored[1].stride};
            {Point(2)}
            wmma.load.c.sync.aligned.{layout.C}.{size}{space}.{Name(typeC)} {List(30, countC)}, [{Address(2)}], {stored[2].stride};
            wmma.mma.sync.aligned.{layout.A}.{layout.B}.{size}.{multiply}
                {List(40, countD)}, {List(10, countA)}, {List(20, countB)}, {List(30, countC)};
            wmma.store.d.sync.aligned.{layout.C}.{size}{(space == ".shared" ? ".global" : space)}.{Name(typeD)}
                [%rd0], {List(40, countD)}, {strideD};
            """;
        uint[] found = LaneKernel.Results(body, expected.Length, sources);
        Assert.True(
            expected.AsSpan().SequenceEqual(found),
            $"wmma {size} of {type} to {typeD} from {typeC}, {layout} in '{space}', padding {padding}: unexpected product");
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Matrices_of_eight_rows_are_loaded_from_any_row_addresses(int count, bool transposed)
    {
        Random random = new(count);
        int[] rowAt = [.. Enumerable.Range(0, 40).OrderBy(_ => random.Next()).Take(8 * count)];
        uint[] sources = [.. Enumerable.Range(0, 160).Select(_ => (uint)random.NextInt64(1L << 32)),
            .. Enumerable.Range(0, 32).Select(lane => 16 * (uint)rowAt[lane % rowAt.Length])];
        uint[] found = LaneKernel.Results($"""
            mov.u32 %r90, %r4;
            COPY:
            mul.wide.u32 %rd20, %r90, 4; add.s64 %rd20, %rd20, %rd1; ld.global.u32 %r91, [%rd20];
            mad.lo.u32 %r92, %r90, 4, %r3; st.shared.u32 [%r92], %r91;
            add.u32 %r90, %r90, 32; setp.lt.u32 %p1, %r90, 160; @%p1 bra COPY;
            bar.sync 0;
            ld.global.u32 %r93, [%rd3+640];
            add.u32 %r93, %r93, %r3;
            ldmatrix.sync.aligned.m8n8.x{count}{(transposed ? ".trans" : "")}.shared.b16 {List(60, count)}, [%r93];
            {string.Concat(Enumerable.Range(0, count).Select(i => $"st.global.b32 [%rd2+{128 * i}], %r{60 + i};\n"))}
            """, 32 * count, sources);
        ushort Half(int matrix, int row, int column) => (ushort)(sources[rowAt[8 * matrix + row] * 4 + column / 2] >> 16 * (column % 2));
        for (int i = 0; i < found.Length; i++)
        {
            // Lane T holds columns 2 (T mod 4) and the next of row T / 4, or of the transposed matrix.
            int matrix = i / 32, lane = i % 32, row = lane / 4, column = 2 * (lane % 4);
            uint expected = transposed
                ? Half(matrix, column, row) | (uint)Half(matrix, column + 1, row) << 16
                    : Half(matrix, row, column) | (uint)Half(matrix, row, column + 1) << 16;
            Assert.Equal(expected, found[i]);
        }
    }

    /// <summary>
    /// Row and column of element i of a lane's fragment of A (16 × depth). For tf32 a register holds one element, for halves two.
    /// </summary>
    private static Func<int, int, (int Row, int Column)> PlaceInA(PtxType type) => type == TF32
        ? (lane, i) => (lane / 4 + (i is 1 or 3 ? 8 : 0), lane % 4 + (i >= 2 ? 4 : 0))
        : (lane, i) => (i is 0 or 1 or 4 or 5 ? lane / 4 : lane / 4 + 8, i < 4 ? lane % 4 * 2 + (i & 1) : lane % 4 * 2 + (i & 1) + 8);

    private static Func<int, int, (int Row, int Column)> PlaceInB(PtxType type) => type == TF32
        ? (lane, i) => (i == 0 ? lane % 4 : lane % 4 + 4, lane / 4)
        : (lane, i) => (i < 2 ? lane % 4 * 2 + (i & 1) : lane % 4 * 2 + (i & 1) + 8, lane / 4);

    private static (int Row, int Column) PlaceInC(int lane, int i) => (i < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1));

    /// <summary>Register after register, 32 lanes each.</summary>
    private static uint[] Fragments(double[,] matrix, PtxType type, Func<int, int, (int Row, int Column)> place)
    {
        int perRegister = type.ByteSize() == 2 ? 2 : 1;
        uint[] words = new uint[matrix.Length / perRegister];
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < matrix.Length / 32; i++)
            {
                (int row, int column) = place(lane, i);
                words[i / perRegister * 32 + lane] |= Bits(matrix[row, column], type) << 16 * (i % perRegister);
            }
        }

        return words;
    }

    /// <summary>In memory by rows or by columns, whose starts are stride elements apart.</summary>
    private static (uint[] Words, int Stride) Stored(double[,] matrix, PtxType type, string layout, int padding)
    {
        (int rows, int columns) = (matrix.GetLength(0), matrix.GetLength(1));
        int stride = (layout == "row" ? columns : rows) + padding, bytes = type.ByteSize();
        byte[] memory = new byte[(stride * (layout == "row" ? rows : columns) * bytes + 15) / 16 * 16];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                BitConverter.GetBytes(Bits(matrix[row, column], type)).AsSpan(0, bytes)
                    .CopyTo(memory.AsSpan((layout == "row" ? row * stride + column : column * stride + row) * bytes));
        }

        uint[] words = new uint[memory.Length / 4];
        Buffer.BlockCopy(memory, 0, words, 0, memory.Length);
        return (words, stride);
    }

    private static double[,] Matrix(int rows, int columns, Func<double> value)
    {
        double[,] matrix = new double[rows, columns];
        for (int i = 0; i < matrix.Length; i++)
            matrix[i / columns, i % columns] = value();
        return matrix;
    }

    private static double[,] Product(double[,] a, double[,] b, double[,] c)
    {
        double[,] d = (double[,])c.Clone();
        for (int i = 0; i < d.Length; i++)
        {
            (int row, int column) = (i / d.GetLength(1), i % d.GetLength(1));
            for (int k = 0; k < a.GetLength(1); k++)
                d[row, column] += a[row, k] * b[k, column];
        }

        return d;
    }

    /// <summary>Adds as the tensor cores of compute capability 8.0 do.</summary>
    private static double[,] TruncatedProduct(double[,] a, double[,] b, double[,] c, PtxType type, PtxType typeC, PtxType typeD)
    {
        TensorCoreReference reference = new(24, type == TF32 ? 4 : 8);
        double[,] d = (double[,])c.Clone();
        for (int i = 0; i < d.Length; i++)
        {
            (int row, int column) = (i / d.GetLength(1), i % d.GetLength(1));
            uint[] left = [.. Enumerable.Range(0, a.GetLength(1)).Select(k => Bits(a[row, k], type))];
            uint[] right = [.. Enumerable.Range(0, a.GetLength(1)).Select(k => Bits(b[k, column], type))];
            uint sum = reference.Sum(Bits(c[row, column], typeC), typeC, left, type, right, type, typeD);
            d[row, column] = typeD == F16 ? (double)BitConverter.UInt16BitsToHalf((ushort)sum) : BitConverter.UInt32BitsToSingle(sum);
        }

        return d;
    }

    private static uint Bits(double value, PtxType type) => type switch
    {
        F16 => BitConverter.HalfToUInt16Bits((Half)value),
        BF16 => (uint)ExactFloat.Convert(
            BitConverter.DoubleToUInt64Bits(value), FloatFormat.ForType(F64), FloatFormat.ForType(BF16), PtxRounding.Rn),
        _ => BitConverter.SingleToUInt32Bits((float)value),
    };

    private static double Rounded(double value, PtxType type)
    {
        ulong bits = ExactFloat.Convert(
            BitConverter.DoubleToUInt64Bits(value), FloatFormat.ForType(F64), FloatFormat.ForType(type), PtxRounding.Rn);
        return BitConverter.UInt64BitsToDouble(
            ExactFloat.Convert(bits, FloatFormat.ForType(type), FloatFormat.ForType(F64), PtxRounding.Rn));
    }

    /// <summary>Zeros of either sign are equal: the order of the sum is not specified.</summary>
    private static uint Unsigned(uint bits, PtxType type)
        => type == F32 ? (bits == 0x80000000 ? 0 : bits)
            : ((bits & 0xFFFF) == 0x8000 ? 0 : bits & 0xFFFF) | ((bits >> 16) == 0x8000 ? 0 : bits & 0xFFFF0000);

    private static int Registers(int elements, PtxType type) => elements * Math.Min(4, type.ByteSize()) / 128;

    private static string List(int first, int count) => $"{{{string.Join(", ", Enumerable.Range(first, count).Select(i => $"%r{i}"))}}}";

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();
}
