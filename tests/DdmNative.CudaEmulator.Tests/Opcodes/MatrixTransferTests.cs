using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// <c>stmatrix</c>, <c>movmatrix</c>, and wmma in integers and doubles, whose fragment layout only their own loads and stores define.
/// </summary>
public class MatrixTransferTests
{
    [Theory]
    [InlineData(1, false, ".shared")]
    [InlineData(2, true, ".shared")]
    [InlineData(4, false, "")]
    [InlineData(4, true, ".shared::cta")]
    public void Stmatrix_puts_each_pair_of_elements_into_its_row(int count, bool transposed, string space)
    {
        uint[] words = [.. Enumerable.Range(0, 32 * count).Select(i => (uint)(i * 2 + 1) | (uint)(i * 2 + 2) << 16)];
        // Rows are 32 bytes apart, in reversed order, so that no row is at its place by chance. Each lane reads back two words of every row
        // of its quarter.
        string address = "mov.u32 %t1, %laneid; sub.u32 %t1, 31, %t1; mad.lo.u32 %t1, %t1, 32, %m; cvt.u64.u32 %x0, %t1;";
        string generic = space.Length == 0 ? "cvta.shared.u64 %x0, %x0;" : "";
        string store = $"stmatrix.sync.aligned.m8n8.x{count}{(transposed ? ".trans" : "")}{space}.b16 [%x0], "
            + $"{MatrixKernel.Registers("w", 0, count)};";
        string read = string.Concat(Enumerable.Range(0, count).Select(i =>
            $"shr.u32 %t2, %t0, 2; add.u32 %t2, %t2, {8 * i}; sub.u32 %t2, 31, %t2; mad.lo.u32 %t2, %t2, 32, %m; and.b32 %t3, %t0, 3; "
            + $"mad.lo.u32 %t2, %t3, 4, %t2; ld.shared.b32 %o{i}, [%t2];\n"));
        uint[] found = MatrixKernel.Run($"{address}{generic}\n{store}\nbar.warp.sync 0xffffffff;\n{read}", words, count);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int matrix = 0; matrix < count; matrix++)
            {
                (int row, int column) = (lane / 4, lane % 4 * 2);
                uint At(int r, int c) => transposed ? Held(words, count, matrix, c, r) : Held(words, count, matrix, r, c);
                Assert.Equal(At(row, column) | At(row, column + 1) << 16, found[lane * count + matrix]);
            }
        }
    }

    /// <summary>The element of a row and column in the lanes' registers: two in each lane, four lanes per row.</summary>
    private static uint Held(uint[] words, int count, int matrix, int row, int column)
        => words[(row * 4 + column / 2) * count + matrix] >> (16 * (column % 2)) & 0xFFFF;

    [Fact]
    public void Movmatrix_transposes()
    {
        uint[] words = [.. Enumerable.Range(0, 32).Select(i => (uint)(i * 2 + 1) | (uint)(i * 2 + 2) << 16)];
        uint[] found = MatrixKernel.Run("movmatrix.sync.aligned.m8n8.trans.b16 %o0, %w0;", words, 1);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(Held(words, 1, 0, lane % 4 * 2, lane / 4) | Held(words, 1, 0, lane % 4 * 2 + 1, lane / 4) << 16, found[lane]);
    }

    [Theory]
    [InlineData("s8", 16, 16, "row", "col")]
    [InlineData("u8", 16, 16, "col", "row")]
    [InlineData("s8", 32, 8, "row", "row")]
    [InlineData("u8", 8, 32, "col", "col")]
    public void Wmma_of_bytes_is_exact(string type, int m, int n, string layoutA, string layoutB)
    {
        const int k = 16;
        Random random = new(m);
        byte[] a = new byte[m * k], b = new byte[k * n];
        random.NextBytes(a);
        random.NextBytes(b);
        int[] c = [.. Enumerable.Range(0, m * n).Select(_ => random.Next(-1000, 1000))], d = new int[m * n];
        int countA = m * k / 128, countB = k * n / 128;
        string shape = $"m{m}n{n}k{k}";
        Run(shape, type, "s32", layoutA, layoutB, "b32", countA, countB, 8, a, b, c, d);
        for (int i = 0; i < d.Length; i++)
        {
            int ReadElement(byte[] values, int row, int column, int rows, int columns, string layout)
            {
                byte value = values[layout == "row" ? row * columns + column : column * rows + row];
                return type == "s8" ? (sbyte)value : value;
            }

            Assert.Equal(
                c[i] + Enumerable.Range(0, k).Sum(j => ReadElement(a, i / n, j, m, k, layoutA) * ReadElement(b, j, i % n, k, n, layoutB)),
                d[i]);
        }
    }

    [Theory]
    [InlineData("row", "col")]
    [InlineData("col", "row")]
    public void Wmma_of_doubles_adds_in_order(string layoutA, string layoutB)
    {
        Random random = new(4);
        double[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
        double[] a = Values(32), b = Values(32), c = Values(64), d = new double[64];
        Run("m8n8k4", "f64", "f64", layoutA, layoutB, "b64", 1, 1, 2, a, b, c, d);
        for (int i = 0; i < d.Length; i++)
        {
            double expected = c[i];
            for (int j = 0; j < 4; j++)
                expected = Math.FusedMultiplyAdd(a[layoutA == "row" ? i / 8 * 4 + j : j * 8 + i / 8],
                    b[layoutB == "row" ? j * 8 + i % 8 : i % 8 * 4 + j], expected);
            Assert.Equal(expected, d[i]);
        }
    }

    private static void Run(string shape, string type, string sums, string layoutA, string layoutB, string register, int countA, int countB,
        int countC, Array a, Array b, Array c, Array d)
    {
        string text = $$"""
            {{OpcodeKernel.Heading}}
            .visible .entry op(.param .u64 a, .param .u64 b, .param .u64 c, .param .u64 d)
            {
            .reg .b64 %p<4>;
            .reg .{{register}} %a<{{countA}}>, %b<{{countB}}>, %c<{{countC}}>;
            ld.param.u64 %p0, [a]; ld.param.u64 %p1, [b]; ld.param.u64 %p2, [c]; ld.param.u64 %p3, [d];
            wmma.load.a.sync.aligned.{{layoutA}}.{{shape}}.global.{{type}} {{MatrixKernel.Registers("a", 0, countA)}}, [%p0];
            wmma.load.b.sync.aligned.{{layoutB}}.{{shape}}.global.{{type}} {{MatrixKernel.Registers("b", 0, countB)}}, [%p1];
            wmma.load.c.sync.aligned.row.{{shape}}.global.{{sums}} {{MatrixKernel.Registers("c", 0, countC)}}, [%p2];
            wmma.mma.sync.aligned.{{layoutA}}.{{layoutB}}.{{shape}}.{{sums}}.{{type}}.{{type}}.{{sums}}
                {{MatrixKernel.Registers("c", 0, countC)}},
                {{MatrixKernel.Registers("a", 0, countA)}},
                {{MatrixKernel.Registers("b", 0, countB)}},
                {{MatrixKernel.Registers("c", 0, countC)}};
            wmma.store.d.sync.aligned.row.{{shape}}.global.{{sums}} [%p3], {{MatrixKernel.Registers("c", 0, countC)}};
            ret;
            }
            """;
        EmulatedKernel.Run(text, "op", (1, 1, 1), (32, 1, 1), 0, a, b, c, d);
    }
}
