using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Gradients of a matrix summed slot by slot (<see cref="GradientSum"/>) while the tile stays in the first-level cache: a slot's samples are contracted in registers, from zero, and its sum is
/// added to the tile before the next slot begins. The bits are those of whole gradients summed for each slot and added one after the other, without their ways through memory.
/// </summary>
/// <remarks>Written out like <see cref="MatrixMicroKernel"/>, for the same reason; AVX-512 only.</remarks>
internal static unsafe class SlotMicroKernel
{
    /// <summary>Columns of a tile, and of a panel of inputs.</summary>
    public const int Columns = 32;

    /// <summary>Rows of a tile at most.</summary>
    public const int TallestTile = 14;

    private const int Lanes = 16;

    /// <summary>Rows of the next tile where so many are left.</summary>
    public static int TileHeight(int rows) => rows switch
    {
        16 => 8,
        >= 14 => 14,
        >= 8 => 8,
        >= 4 => 4,
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
            case 14:
                Tile14(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 8:
                Tile8(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 4:
                Tile4(cotangents, stride, inputs, samples, slots, tile);
                break;
            default:
                Tile1(cotangents, stride, inputs, samples, slots, tile);
                break;
        }
    }

    private static void Tile14(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        nint row2 = 2 * row, row3 = 3 * row;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            Vector512<float> low1 = default, high1 = default;
            Vector512<float> low2 = default, high2 = default;
            Vector512<float> low3 = default, high3 = default;
            Vector512<float> low4 = default, high4 = default;
            Vector512<float> low5 = default, high5 = default;
            Vector512<float> low6 = default, high6 = default;
            Vector512<float> low7 = default, high7 = default;
            Vector512<float> low8 = default, high8 = default;
            Vector512<float> low9 = default, high9 = default;
            Vector512<float> low10 = default, high10 = default;
            Vector512<float> low11 = default, high11 = default;
            Vector512<float> low12 = default, high12 = default;
            Vector512<float> low13 = default, high13 = default;
            int end = (int)((long)samples * (slot + 1) / slots);
            float* a0 = a + sample, a4 = a0 + 4 * row, a8 = a0 + 8 * row, a12 = a0 + 12 * row;
            for (; sample < end; sample++, b += Columns, a0++, a4++, a8++, a12++)
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
                x = Vector512.Create(a4[row3]);
                low7 = Vector512.MultiplyAddEstimate(x, b0, low7);
                high7 = Vector512.MultiplyAddEstimate(x, b1, high7);
                x = Vector512.Create(a8[0]);
                low8 = Vector512.MultiplyAddEstimate(x, b0, low8);
                high8 = Vector512.MultiplyAddEstimate(x, b1, high8);
                x = Vector512.Create(a8[row]);
                low9 = Vector512.MultiplyAddEstimate(x, b0, low9);
                high9 = Vector512.MultiplyAddEstimate(x, b1, high9);
                x = Vector512.Create(a8[row2]);
                low10 = Vector512.MultiplyAddEstimate(x, b0, low10);
                high10 = Vector512.MultiplyAddEstimate(x, b1, high10);
                x = Vector512.Create(a8[row3]);
                low11 = Vector512.MultiplyAddEstimate(x, b0, low11);
                high11 = Vector512.MultiplyAddEstimate(x, b1, high11);
                x = Vector512.Create(a12[0]);
                low12 = Vector512.MultiplyAddEstimate(x, b0, low12);
                high12 = Vector512.MultiplyAddEstimate(x, b1, high12);
                x = Vector512.Create(a12[row]);
                low13 = Vector512.MultiplyAddEstimate(x, b0, low13);
                high13 = Vector512.MultiplyAddEstimate(x, b1, high13);
            }
            if (slot > 0)
            {
                low0 = Vector512.Load(c + 0 * Columns) + low0;
                high0 = Vector512.Load(c + 0 * Columns + Lanes) + high0;
                low1 = Vector512.Load(c + 1 * Columns) + low1;
                high1 = Vector512.Load(c + 1 * Columns + Lanes) + high1;
                low2 = Vector512.Load(c + 2 * Columns) + low2;
                high2 = Vector512.Load(c + 2 * Columns + Lanes) + high2;
                low3 = Vector512.Load(c + 3 * Columns) + low3;
                high3 = Vector512.Load(c + 3 * Columns + Lanes) + high3;
                low4 = Vector512.Load(c + 4 * Columns) + low4;
                high4 = Vector512.Load(c + 4 * Columns + Lanes) + high4;
                low5 = Vector512.Load(c + 5 * Columns) + low5;
                high5 = Vector512.Load(c + 5 * Columns + Lanes) + high5;
                low6 = Vector512.Load(c + 6 * Columns) + low6;
                high6 = Vector512.Load(c + 6 * Columns + Lanes) + high6;
                low7 = Vector512.Load(c + 7 * Columns) + low7;
                high7 = Vector512.Load(c + 7 * Columns + Lanes) + high7;
                low8 = Vector512.Load(c + 8 * Columns) + low8;
                high8 = Vector512.Load(c + 8 * Columns + Lanes) + high8;
                low9 = Vector512.Load(c + 9 * Columns) + low9;
                high9 = Vector512.Load(c + 9 * Columns + Lanes) + high9;
                low10 = Vector512.Load(c + 10 * Columns) + low10;
                high10 = Vector512.Load(c + 10 * Columns + Lanes) + high10;
                low11 = Vector512.Load(c + 11 * Columns) + low11;
                high11 = Vector512.Load(c + 11 * Columns + Lanes) + high11;
                low12 = Vector512.Load(c + 12 * Columns) + low12;
                high12 = Vector512.Load(c + 12 * Columns + Lanes) + high12;
                low13 = Vector512.Load(c + 13 * Columns) + low13;
                high13 = Vector512.Load(c + 13 * Columns + Lanes) + high13;
            }
            low0.Store(c + 0 * Columns);
            high0.Store(c + 0 * Columns + Lanes);
            low1.Store(c + 1 * Columns);
            high1.Store(c + 1 * Columns + Lanes);
            low2.Store(c + 2 * Columns);
            high2.Store(c + 2 * Columns + Lanes);
            low3.Store(c + 3 * Columns);
            high3.Store(c + 3 * Columns + Lanes);
            low4.Store(c + 4 * Columns);
            high4.Store(c + 4 * Columns + Lanes);
            low5.Store(c + 5 * Columns);
            high5.Store(c + 5 * Columns + Lanes);
            low6.Store(c + 6 * Columns);
            high6.Store(c + 6 * Columns + Lanes);
            low7.Store(c + 7 * Columns);
            high7.Store(c + 7 * Columns + Lanes);
            low8.Store(c + 8 * Columns);
            high8.Store(c + 8 * Columns + Lanes);
            low9.Store(c + 9 * Columns);
            high9.Store(c + 9 * Columns + Lanes);
            low10.Store(c + 10 * Columns);
            high10.Store(c + 10 * Columns + Lanes);
            low11.Store(c + 11 * Columns);
            high11.Store(c + 11 * Columns + Lanes);
            low12.Store(c + 12 * Columns);
            high12.Store(c + 12 * Columns + Lanes);
            low13.Store(c + 13 * Columns);
            high13.Store(c + 13 * Columns + Lanes);
        }
    }

    private static void Tile8(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        nint row2 = 2 * row, row3 = 3 * row;
        for (int slot = 0, sample = 0; slot < slots; slot++)
        {
            Vector512<float> low0 = default, high0 = default;
            Vector512<float> low1 = default, high1 = default;
            Vector512<float> low2 = default, high2 = default;
            Vector512<float> low3 = default, high3 = default;
            Vector512<float> low4 = default, high4 = default;
            Vector512<float> low5 = default, high5 = default;
            Vector512<float> low6 = default, high6 = default;
            Vector512<float> low7 = default, high7 = default;
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
                x = Vector512.Create(a4[row3]);
                low7 = Vector512.MultiplyAddEstimate(x, b0, low7);
                high7 = Vector512.MultiplyAddEstimate(x, b1, high7);
            }
            if (slot > 0)
            {
                low0 = Vector512.Load(c + 0 * Columns) + low0;
                high0 = Vector512.Load(c + 0 * Columns + Lanes) + high0;
                low1 = Vector512.Load(c + 1 * Columns) + low1;
                high1 = Vector512.Load(c + 1 * Columns + Lanes) + high1;
                low2 = Vector512.Load(c + 2 * Columns) + low2;
                high2 = Vector512.Load(c + 2 * Columns + Lanes) + high2;
                low3 = Vector512.Load(c + 3 * Columns) + low3;
                high3 = Vector512.Load(c + 3 * Columns + Lanes) + high3;
                low4 = Vector512.Load(c + 4 * Columns) + low4;
                high4 = Vector512.Load(c + 4 * Columns + Lanes) + high4;
                low5 = Vector512.Load(c + 5 * Columns) + low5;
                high5 = Vector512.Load(c + 5 * Columns + Lanes) + high5;
                low6 = Vector512.Load(c + 6 * Columns) + low6;
                high6 = Vector512.Load(c + 6 * Columns + Lanes) + high6;
                low7 = Vector512.Load(c + 7 * Columns) + low7;
                high7 = Vector512.Load(c + 7 * Columns + Lanes) + high7;
            }
            low0.Store(c + 0 * Columns);
            high0.Store(c + 0 * Columns + Lanes);
            low1.Store(c + 1 * Columns);
            high1.Store(c + 1 * Columns + Lanes);
            low2.Store(c + 2 * Columns);
            high2.Store(c + 2 * Columns + Lanes);
            low3.Store(c + 3 * Columns);
            high3.Store(c + 3 * Columns + Lanes);
            low4.Store(c + 4 * Columns);
            high4.Store(c + 4 * Columns + Lanes);
            low5.Store(c + 5 * Columns);
            high5.Store(c + 5 * Columns + Lanes);
            low6.Store(c + 6 * Columns);
            high6.Store(c + 6 * Columns + Lanes);
            low7.Store(c + 7 * Columns);
            high7.Store(c + 7 * Columns + Lanes);
        }
    }

    private static void Tile4(float* a, nint row, float* b, int samples, int slots, float* c)
    {
        nint row2 = 2 * row, row3 = 3 * row;
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
            if (slot > 0)
            {
                low0 = Vector512.Load(c + 0 * Columns) + low0;
                high0 = Vector512.Load(c + 0 * Columns + Lanes) + high0;
                low1 = Vector512.Load(c + 1 * Columns) + low1;
                high1 = Vector512.Load(c + 1 * Columns + Lanes) + high1;
                low2 = Vector512.Load(c + 2 * Columns) + low2;
                high2 = Vector512.Load(c + 2 * Columns + Lanes) + high2;
                low3 = Vector512.Load(c + 3 * Columns) + low3;
                high3 = Vector512.Load(c + 3 * Columns + Lanes) + high3;
            }
            low0.Store(c + 0 * Columns);
            high0.Store(c + 0 * Columns + Lanes);
            low1.Store(c + 1 * Columns);
            high1.Store(c + 1 * Columns + Lanes);
            low2.Store(c + 2 * Columns);
            high2.Store(c + 2 * Columns + Lanes);
            low3.Store(c + 3 * Columns);
            high3.Store(c + 3 * Columns + Lanes);
        }
    }

    private static void Tile1(float* a, nint row, float* b, int samples, int slots, float* c)
    {
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
            if (slot > 0)
            {
                low0 = Vector512.Load(c + 0 * Columns) + low0;
                high0 = Vector512.Load(c + 0 * Columns + Lanes) + high0;
            }
            low0.Store(c + 0 * Columns);
            high0.Store(c + 0 * Columns + Lanes);
        }
    }
}
