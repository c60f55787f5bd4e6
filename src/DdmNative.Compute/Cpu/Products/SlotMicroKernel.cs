using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Gradients of a matrix summed slot by slot (<see cref="GradientSum"/>) in registers: 7 rows × 32 columns of a slot's sum and as many of
/// the slots' total, so that a slot of eight samples is 112 multiply–adds and 14 additions and touches no sum in memory. The bits are those
/// of whole gradients summed for each slot and added one after the other.
/// </summary>
/// <remarks>Written out like <see cref="MatrixMicroKernel"/>, for the same reason; AVX-512 only.</remarks>
internal static unsafe class SlotMicroKernel
{
    /// <summary>Columns of a tile, and of a panel of inputs.</summary>
    public const int Columns = 32;

    /// <summary>Rows of a tile at most.</summary>
    public const int TallestTile = 7;

    private const int Lanes = 16;

    /// <summary>The height of the next tile when this many rows remain: too few rows are too few independent sums.</summary>
    public static int TileHeight(int rows) => rows switch
    {
        16 or 12 or 8 => 4,
        >= 7 => 7,
        >= 4 => 4,
        >= 2 => 2,
        _ => 1,
    };

    /// <summary>Assigns a tile: tile[m, 0..31] = Σ over slots of Σ over their samples of cotangents[m, n]·inputs[n, 0..31].</summary>
    /// <param name="cotangents">[height, stride], the samples side by side.</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="inputs">[samples, 32].</param>
    /// <param name="samples">N.</param>
    /// <param name="slots">Slots that the samples are cut into.</param>
    /// <param name="tile">[height, 32].</param>
    /// <param name="height">Rows, one of those that <see cref="TileHeight"/> gives.</param>
    public static void Sum(float* cotangents, nint stride, float* inputs, int samples, int slots, float* tile, int height)
    {
        switch (height)
        {
            case 7:
                Tile7(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 4:
                Tile4(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 2:
                Tile2(cotangents, stride, inputs, samples, slots, tile);
                break;
            default:
                Tile1(cotangents, stride, inputs, samples, slots, tile);
                break;
        }
    }

    private static void Tile7(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        nint row2 = 2 * row, row3 = 3 * row;
        Vector512<float> lowTotal0 = default, highTotal0 = default;
        Vector512<float> lowTotal1 = default, highTotal1 = default;
        Vector512<float> lowTotal2 = default, highTotal2 = default;
        Vector512<float> lowTotal3 = default, highTotal3 = default;
        Vector512<float> lowTotal4 = default, highTotal4 = default;
        Vector512<float> lowTotal5 = default, highTotal5 = default;
        Vector512<float> lowTotal6 = default, highTotal6 = default;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            Vector512<float> low1 = default, high1 = default;
            Vector512<float> low2 = default, high2 = default;
            Vector512<float> low3 = default, high3 = default;
            Vector512<float> low4 = default, high4 = default;
            Vector512<float> low5 = default, high5 = default;
            Vector512<float> low6 = default, high6 = default;
            int end = (int)((long)samples * (slot + 1) / slots);
            float* a0 = a + sample, a4 = a0 + 4 * row;
            for (; sample < end; sample++, b += Columns, a0++, a4++)
            {
                Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
                Vector512<float> x = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(x, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(x, b1, high0);
                x = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(x, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(x, b1, high1);
                x = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(x, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(x, b1, high2);
                x = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(x, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(x, b1, high3);
                x = Vector512.Create(a4[0]);
                low4 = Vector512.MultiplyAddEstimate(x, b0, low4);
                high4 = Vector512.MultiplyAddEstimate(x, b1, high4);
                x = Vector512.Create(a4[row]);
                low5 = Vector512.MultiplyAddEstimate(x, b0, low5);
                high5 = Vector512.MultiplyAddEstimate(x, b1, high5);
                x = Vector512.Create(a4[row2]);
                low6 = Vector512.MultiplyAddEstimate(x, b0, low6);
                high6 = Vector512.MultiplyAddEstimate(x, b1, high6);
            }
            if (slot == 0)
            {
                (lowTotal0, highTotal0) = (low0, high0);
                (lowTotal1, highTotal1) = (low1, high1);
                (lowTotal2, highTotal2) = (low2, high2);
                (lowTotal3, highTotal3) = (low3, high3);
                (lowTotal4, highTotal4) = (low4, high4);
                (lowTotal5, highTotal5) = (low5, high5);
                (lowTotal6, highTotal6) = (low6, high6);
                continue;
            }
            lowTotal0 += low0;
            highTotal0 += high0;
            lowTotal1 += low1;
            highTotal1 += high1;
            lowTotal2 += low2;
            highTotal2 += high2;
            lowTotal3 += low3;
            highTotal3 += high3;
            lowTotal4 += low4;
            highTotal4 += high4;
            lowTotal5 += low5;
            highTotal5 += high5;
            lowTotal6 += low6;
            highTotal6 += high6;
        }
        lowTotal0.Store(c + 0 * Columns);
        highTotal0.Store(c + 0 * Columns + Lanes);
        lowTotal1.Store(c + 1 * Columns);
        highTotal1.Store(c + 1 * Columns + Lanes);
        lowTotal2.Store(c + 2 * Columns);
        highTotal2.Store(c + 2 * Columns + Lanes);
        lowTotal3.Store(c + 3 * Columns);
        highTotal3.Store(c + 3 * Columns + Lanes);
        lowTotal4.Store(c + 4 * Columns);
        highTotal4.Store(c + 4 * Columns + Lanes);
        lowTotal5.Store(c + 5 * Columns);
        highTotal5.Store(c + 5 * Columns + Lanes);
        lowTotal6.Store(c + 6 * Columns);
        highTotal6.Store(c + 6 * Columns + Lanes);
    }

    private static void Tile4(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        nint row2 = 2 * row, row3 = 3 * row;
        Vector512<float> lowTotal0 = default, highTotal0 = default;
        Vector512<float> lowTotal1 = default, highTotal1 = default;
        Vector512<float> lowTotal2 = default, highTotal2 = default;
        Vector512<float> lowTotal3 = default, highTotal3 = default;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            Vector512<float> low1 = default, high1 = default;
            Vector512<float> low2 = default, high2 = default;
            Vector512<float> low3 = default, high3 = default;
            int end = (int)((long)samples * (slot + 1) / slots);
            float* a0 = a + sample;
            for (; sample < end; sample++, b += Columns, a0++)
            {
                Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
                Vector512<float> x = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(x, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(x, b1, high0);
                x = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(x, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(x, b1, high1);
                x = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(x, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(x, b1, high2);
                x = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(x, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(x, b1, high3);
            }
            if (slot == 0)
            {
                (lowTotal0, highTotal0) = (low0, high0);
                (lowTotal1, highTotal1) = (low1, high1);
                (lowTotal2, highTotal2) = (low2, high2);
                (lowTotal3, highTotal3) = (low3, high3);
                continue;
            }
            lowTotal0 += low0;
            highTotal0 += high0;
            lowTotal1 += low1;
            highTotal1 += high1;
            lowTotal2 += low2;
            highTotal2 += high2;
            lowTotal3 += low3;
            highTotal3 += high3;
        }
        lowTotal0.Store(c + 0 * Columns);
        highTotal0.Store(c + 0 * Columns + Lanes);
        lowTotal1.Store(c + 1 * Columns);
        highTotal1.Store(c + 1 * Columns + Lanes);
        lowTotal2.Store(c + 2 * Columns);
        highTotal2.Store(c + 2 * Columns + Lanes);
        lowTotal3.Store(c + 3 * Columns);
        highTotal3.Store(c + 3 * Columns + Lanes);
    }

    private static void Tile2(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        Vector512<float> lowTotal0 = default, highTotal0 = default;
        Vector512<float> lowTotal1 = default, highTotal1 = default;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            Vector512<float> low1 = default, high1 = default;
            int end = (int)((long)samples * (slot + 1) / slots);
            float* a0 = a + sample;
            for (; sample < end; sample++, b += Columns, a0++)
            {
                Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
                Vector512<float> x = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(x, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(x, b1, high0);
                x = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(x, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(x, b1, high1);
            }
            if (slot == 0)
            {
                (lowTotal0, highTotal0) = (low0, high0);
                (lowTotal1, highTotal1) = (low1, high1);
                continue;
            }
            lowTotal0 += low0;
            highTotal0 += high0;
            lowTotal1 += low1;
            highTotal1 += high1;
        }
        lowTotal0.Store(c + 0 * Columns);
        highTotal0.Store(c + 0 * Columns + Lanes);
        lowTotal1.Store(c + 1 * Columns);
        highTotal1.Store(c + 1 * Columns + Lanes);
    }

    private static void Tile1(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        Vector512<float> lowTotal0 = default, highTotal0 = default;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            int end = (int)((long)samples * (slot + 1) / slots);
            float* a0 = a + sample;
            for (; sample < end; sample++, b += Columns, a0++)
            {
                Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
                Vector512<float> x = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(x, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(x, b1, high0);
            }
            if (slot == 0)
            {
                (lowTotal0, highTotal0) = (low0, high0);
                continue;
            }
            lowTotal0 += low0;
            highTotal0 += high0;
        }
        lowTotal0.Store(c + 0 * Columns);
        highTotal0.Store(c + 0 * Columns + Lanes);
    }
}
