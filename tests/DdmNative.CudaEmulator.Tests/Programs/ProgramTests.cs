using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Programs;

/// <summary>Ordinary CUDA programs that were not written for the emulator, optimised and not: results compared with plain C#.</summary>
public class ProgramTests
{
    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void All_programs_are_parsed_and_end_in_a_return(string optimisation)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Programs"), "*.cu"))
        {
            PtxFunction kernel = PtxParser.Parse(
                ClangCompiler.Compile(Path.GetFileNameWithoutExtension(file), optimisation)).Functions.Single(function => function.IsEntry);
            Assert.Contains(kernel.Instructions, instruction => instruction.Opcode == PtxOpcode.Ret && instruction.Guard is null);
            PtxControlFlow flow = PtxControlFlow.Build(kernel);
            Assert.All(flow.Blocks, block => Assert.InRange(block.PostDominator, PostDominators.Exit, flow.Blocks.Count - 1));
        }
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Reduction_sums_all_values(string optimisation)
    {
        int[] values = Whole(5000, -1000, 1000), result = [0];
        Run("reduction", "sum", optimisation, (6, 1, 1), (256, 1, 1), 0, values, values.Length, result);
        Assert.Equal(values.Sum(), result[0]);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Scan_gives_every_prefix_sum(string optimisation)
    {
        int[] values = Whole(1000, -9, 10), sums = new int[values.Length];
        Run("scan", "scan", optimisation, (1, 1, 1), (1024, 1, 1), 0, values, sums, values.Length);
        int total = 0;
        Assert.Equal(values.Select(value => total += value), sums);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Transpose_turns_rows_into_columns(string optimisation)
    {
        const int rows = 70, columns = 45;
        float[] matrix = [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)], turned = new float[matrix.Length];
        Run("transpose", "transpose", optimisation, (2, 3, 1), (32, 8, 1), 0, matrix, turned, rows, columns);
        for (int i = 0; i < turned.Length; i++)
            Assert.Equal(matrix[i % rows * columns + i / rows], turned[i]);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Histogram_counts_every_byte(string optimisation)
    {
        byte[] values = new byte[5001];
        new Random(7).NextBytes(values);
        int[] bins = new int[256];
        Run("histogram", "histogram", optimisation, (5, 1, 1), (128, 1, 1), 0, values, values.Length, bins);
        Assert.Equal(Enumerable.Range(0, 256).Select(bin => values.Count(value => value == bin)), bins);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Tiled_matrix_product_is_exact_on_small_integers(string optimisation)
    {
        const int m = 33, n = 29, k = 40;
        float[] a = Floats(m * k), b = Floats(k * n), c = new float[m * n];
        Run("matmul", "matmul", optimisation, (2, 3, 1), (16, 16, 1), 0, a, b, c, m, n, k);
        for (int i = 0; i < c.Length; i++)
            Assert.Equal(Enumerable.Range(0, k).Sum(j => a[i / n * k + j] * b[j * n + i % n]), c[i]);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Stencil_averages_neighbours_and_keeps_the_border(string optimisation)
    {
        const int width = 37, height = 21;
        float[] plane = Floats(width * height), next = new float[plane.Length];
        Run("stencil", "stencil", optimisation, (3, 3, 1), (16, 8, 1), 0, plane, next, width, height);
        for (int i = 0; i < plane.Length; i++)
        {
            bool rim = i % width is 0 or width - 1 || i / width is 0 or height - 1;
            Assert.Equal(rim ? plane[i] : 0.25f * (plane[i - 1] + plane[i + 1] + plane[i - width] + plane[i + width]), next[i]);
        }
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Softmax_of_every_row_sums_to_one(string optimisation)
    {
        const int rows = 9, columns = 50;
        float[] values = Floats(rows * columns), result = new float[values.Length];
        Run("softmax", "softmax", optimisation, (3, 1, 1), (128, 1, 1), 0, values, result, rows, columns);
        for (int row = 0; row < rows; row++)
        {
            double[] powers = [.. values.Skip(row * columns).Take(columns).Select(value => Math.Exp(value))];
            for (int i = 0; i < columns; i++)
                Assert.Equal(powers[i] / powers.Sum(), result[row * columns + i], 1e-5);
        }
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Bitonic_sort_sorts_in_dynamic_shared_memory(string optimisation)
    {
        int[] values = Whole(512, int.MinValue, int.MaxValue), sorted = [.. values.Order()];
        Run("bitonic", "bitonic", optimisation, (1, 1, 1), (128, 1, 1), 4 * values.Length, values, values.Length);
        Assert.Equal(sorted, values);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Tensor_core_product_is_exact_on_small_integers(string optimisation)
    {
        const int m = 32, n = 48, k = 64;
        float[] a = Floats(m * k), b = Floats(k * n), c = new float[m * n];
        Run("wmma", "wmma", optimisation, (n / 16, m / 16, 1), (32, 1, 1), 0, Halves(a), Halves(b), c, n, k);
        for (int i = 0; i < c.Length; i++)
            Assert.Equal(Enumerable.Range(0, k).Sum(j => a[i / n * k + j] * b[j * n + i % n]), c[i]);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Warp_shuffles_give_the_mean_of_every_row(string optimisation)
    {
        const int rows = 7, columns = 64;
        float[] values = Floats(rows * columns), means = new float[rows];
        Run("warpreduce", "warpreduce", optimisation, (rows, 1, 1), (32, 1, 1), 0, values, means, columns);
        Assert.Equal(Enumerable.Range(0, rows).Select(row => values.Skip(row * columns).Take(columns).Sum() / columns), means);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Compaction_keeps_the_odd_values(string optimisation)
    {
        int[] values = Whole(999, 0, 10000), kept = new int[values.Length], count = [0];
        Run("compact", "compact", optimisation, (8, 1, 1), (128, 1, 1), 0, values, values.Length, kept, count);
        Assert.Equal(values.Where(int.IsOddInteger).Order(), kept.Take(count[0]).Order());
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Collatz_takes_the_right_number_of_steps(string optimisation)
    {
        int[] steps = new int[200];
        Run("collatz", "collatz", optimisation, (4, 1, 1), (64, 1, 1), 0, steps, steps.Length);
        for (int i = 0; i < steps.Length; i++)
        {
            int expected = 0;
            for (long n = i + 1; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1)
                expected++;
            Assert.Equal(expected, steps[i]);
        }
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Components_get_the_label_of_their_lowest_vertex(string optimisation)
    {
        const int vertices = 120;
        int[] from = Whole(90, 0, vertices, 3), to = Whole(90, 0, vertices, 4), labels = [.. Enumerable.Range(0, vertices)],
            expected = [.. labels];
        for (int round = 0; round < vertices; round++)
        {
            for (int i = 0; i < from.Length; i++)
                expected[from[i]] = expected[to[i]] = Math.Min(expected[from[i]], expected[to[i]]);
        }

        int[] changed = [1];
        for (int round = 0; changed[0] != 0; round++)
        {
            Assert.True(round < vertices, "the labels do not converge");
            changed[0] = 0;
            Run("components", "sink", optimisation, (2, 1, 1), (32, 1, 1), 0, from, to, from.Length, labels, changed);
        }

        Assert.Equal(expected, labels);
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Bodies_attract_each_other(string optimisation)
    {
        const int count = 128;
        float[] bodies = Floats(4 * count), accelerations = new float[4 * count];
        Run("nbody", "nbody", optimisation, (count / 64, 1, 1), (64, 1, 1), 0, bodies, accelerations, count);
        for (int i = 0; i < count; i++)
        {
            for (int axis = 0; axis < 3; axis++)
            {
                double sum = 0, scale = 0;
                for (int j = 0; j < count; j++)
                {
                    double[] d = [.. Enumerable.Range(0, 3).Select(k => (double)bodies[4 * j + k] - bodies[4 * i + k])];
                    double pull = bodies[4 * j + 3] * Math.Pow(d.Sum(x => x * x) + 1.0e-3f, -1.5) * d[axis];
                    sum += pull;
                    scale += Math.Abs(pull);
                }

                Assert.Equal(sum, accelerations[4 * i + axis], 1e-5 * scale + 1e-6);
            }
        }
    }

    private static void Run(string program, string kernel, string optimisation, (int, int, int) grid, (int, int, int) block,
        int dynamicSharedBytes, params object[] arguments) =>
        EmulatedKernel.Run(ClangCompiler.Compile(program, optimisation), kernel, grid, block, dynamicSharedBytes, arguments);

    private static int[] Whole(int count, int least, int end, int seed = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(least, end))];
    }

    /// <summary>Small integers, whose sums and products are exact.</summary>
    private static float[] Floats(int count) => [.. Whole(count, -4, 5).Select(value => (float)value)];

    private static ushort[] Halves(float[] values) => [.. values.Select(value => BitConverter.HalfToUInt16Bits((Half)value))];
}
