using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The register tile where vectors have eight lanes and there are sixteen of them (AVX2, and what .NET makes of it elsewhere): up to 6 rows
/// × 16 columns of C in 12 registers, two vectors of B and one broadcast of A in three of the rest. See <see cref="MatrixMicroKernel"/>,
/// whose contract this shares.
/// </summary>
internal static unsafe class NarrowMicroKernel
{
    private const int Lanes = 8;
    private const int TileColumns = 2 * Lanes;

    /// <summary>Computes <paramref name="rows"/> rows of C; the columns are whole halves of a panel.</summary>
    public static void Multiply(Contraction contraction, int rows)
    {
        int columns = contraction.Columns;
        for (int column = 0; column < columns; column += TileColumns)
        {
            Contraction tile = contraction;
            tile.B += column;
            tile.C += column;
            if (tile.Bias is not null)
                tile.Bias += column;
            for (int row = 0; row < rows;)
            {
                int height = TileHeight(rows - row);
                MultiplyTile(tile, height);
                tile.A += height * tile.RowStrideA;
                tile.C += height * tile.RowStrideC;
                row += height;
            }
        }
    }

    private static int TileHeight(int rows) => rows switch
    {
        >= 6 => 6,
        5 => 3,
        _ => rows,
    };

    private static void MultiplyTile(in Contraction contraction, int height)
    {
        switch (height)
        {
            case 6:
                Tile6x16(contraction);
                break;
            case 4:
                Tile4x16(contraction);
                break;
            case 3:
                Tile3x16(contraction);
                break;
            case 2:
                Tile2x16(contraction);
                break;
            case 1:
                Tile1x16(contraction);
                break;
        }
    }

    private static void Tile6x16(in Contraction k)
    {
        Vector256<float> low0 = default, high0 = default;
        Vector256<float> low1 = default, high1 = default;
        Vector256<float> low2 = default, high2 = default;
        Vector256<float> low3 = default, high3 = default;
        Vector256<float> low4 = default, high4 = default;
        Vector256<float> low5 = default, high5 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector256.Load(c + 0 * rowC);
            high0 = Vector256.Load(c + 0 * rowC + Lanes);
            low1 = Vector256.Load(c + 1 * rowC);
            high1 = Vector256.Load(c + 1 * rowC + Lanes);
            low2 = Vector256.Load(c + 2 * rowC);
            high2 = Vector256.Load(c + 2 * rowC + Lanes);
            low3 = Vector256.Load(c + 3 * rowC);
            high3 = Vector256.Load(c + 3 * rowC + Lanes);
            low4 = Vector256.Load(c + 4 * rowC);
            high4 = Vector256.Load(c + 4 * rowC + Lanes);
            low5 = Vector256.Load(c + 5 * rowC);
            high5 = Vector256.Load(c + 5 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector256.Load(k.Bias);
            high0 = Vector256.Load(k.Bias + Lanes);
            low1 = Vector256.Load(k.Bias);
            high1 = Vector256.Load(k.Bias + Lanes);
            low2 = Vector256.Load(k.Bias);
            high2 = Vector256.Load(k.Bias + Lanes);
            low3 = Vector256.Load(k.Bias);
            high3 = Vector256.Load(k.Bias + Lanes);
            low4 = Vector256.Load(k.Bias);
            high4 = Vector256.Load(k.Bias + Lanes);
            low5 = Vector256.Load(k.Bias);
            high5 = Vector256.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            float* a4 = a0 + 4 * row;
            for (int i = 0; i < steps; i++)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + Lanes);
                Vector256<float> a = Vector256.Create(a0[0]);
                low0 = Vector256.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector256.MultiplyAddEstimate(a, b1, high0);
                a = Vector256.Create(a0[row]);
                low1 = Vector256.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector256.MultiplyAddEstimate(a, b1, high1);
                a = Vector256.Create(a0[row2]);
                low2 = Vector256.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector256.MultiplyAddEstimate(a, b1, high2);
                a = Vector256.Create(a0[row3]);
                low3 = Vector256.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector256.MultiplyAddEstimate(a, b1, high3);
                a = Vector256.Create(a4[0]);
                low4 = Vector256.MultiplyAddEstimate(a, b0, low4);
                high4 = Vector256.MultiplyAddEstimate(a, b1, high4);
                a = Vector256.Create(a4[row]);
                low5 = Vector256.MultiplyAddEstimate(a, b0, low5);
                high5 = Vector256.MultiplyAddEstimate(a, b1, high5);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
        low1.Store(c + 1 * rowC);
        high1.Store(c + 1 * rowC + Lanes);
        low2.Store(c + 2 * rowC);
        high2.Store(c + 2 * rowC + Lanes);
        low3.Store(c + 3 * rowC);
        high3.Store(c + 3 * rowC + Lanes);
        low4.Store(c + 4 * rowC);
        high4.Store(c + 4 * rowC + Lanes);
        low5.Store(c + 5 * rowC);
        high5.Store(c + 5 * rowC + Lanes);
    }

    private static void Tile4x16(in Contraction k)
    {
        Vector256<float> low0 = default, high0 = default;
        Vector256<float> low1 = default, high1 = default;
        Vector256<float> low2 = default, high2 = default;
        Vector256<float> low3 = default, high3 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector256.Load(c + 0 * rowC);
            high0 = Vector256.Load(c + 0 * rowC + Lanes);
            low1 = Vector256.Load(c + 1 * rowC);
            high1 = Vector256.Load(c + 1 * rowC + Lanes);
            low2 = Vector256.Load(c + 2 * rowC);
            high2 = Vector256.Load(c + 2 * rowC + Lanes);
            low3 = Vector256.Load(c + 3 * rowC);
            high3 = Vector256.Load(c + 3 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector256.Load(k.Bias);
            high0 = Vector256.Load(k.Bias + Lanes);
            low1 = Vector256.Load(k.Bias);
            high1 = Vector256.Load(k.Bias + Lanes);
            low2 = Vector256.Load(k.Bias);
            high2 = Vector256.Load(k.Bias + Lanes);
            low3 = Vector256.Load(k.Bias);
            high3 = Vector256.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + Lanes);
                Vector256<float> a = Vector256.Create(a0[0]);
                low0 = Vector256.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector256.MultiplyAddEstimate(a, b1, high0);
                a = Vector256.Create(a0[row]);
                low1 = Vector256.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector256.MultiplyAddEstimate(a, b1, high1);
                a = Vector256.Create(a0[row2]);
                low2 = Vector256.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector256.MultiplyAddEstimate(a, b1, high2);
                a = Vector256.Create(a0[row3]);
                low3 = Vector256.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector256.MultiplyAddEstimate(a, b1, high3);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
        low1.Store(c + 1 * rowC);
        high1.Store(c + 1 * rowC + Lanes);
        low2.Store(c + 2 * rowC);
        high2.Store(c + 2 * rowC + Lanes);
        low3.Store(c + 3 * rowC);
        high3.Store(c + 3 * rowC + Lanes);
    }

    private static void Tile3x16(in Contraction k)
    {
        Vector256<float> low0 = default, high0 = default;
        Vector256<float> low1 = default, high1 = default;
        Vector256<float> low2 = default, high2 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector256.Load(c + 0 * rowC);
            high0 = Vector256.Load(c + 0 * rowC + Lanes);
            low1 = Vector256.Load(c + 1 * rowC);
            high1 = Vector256.Load(c + 1 * rowC + Lanes);
            low2 = Vector256.Load(c + 2 * rowC);
            high2 = Vector256.Load(c + 2 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector256.Load(k.Bias);
            high0 = Vector256.Load(k.Bias + Lanes);
            low1 = Vector256.Load(k.Bias);
            high1 = Vector256.Load(k.Bias + Lanes);
            low2 = Vector256.Load(k.Bias);
            high2 = Vector256.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + Lanes);
                Vector256<float> a = Vector256.Create(a0[0]);
                low0 = Vector256.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector256.MultiplyAddEstimate(a, b1, high0);
                a = Vector256.Create(a0[row]);
                low1 = Vector256.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector256.MultiplyAddEstimate(a, b1, high1);
                a = Vector256.Create(a0[row2]);
                low2 = Vector256.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector256.MultiplyAddEstimate(a, b1, high2);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
        low1.Store(c + 1 * rowC);
        high1.Store(c + 1 * rowC + Lanes);
        low2.Store(c + 2 * rowC);
        high2.Store(c + 2 * rowC + Lanes);
    }

    private static void Tile2x16(in Contraction k)
    {
        Vector256<float> low0 = default, high0 = default;
        Vector256<float> low1 = default, high1 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector256.Load(c + 0 * rowC);
            high0 = Vector256.Load(c + 0 * rowC + Lanes);
            low1 = Vector256.Load(c + 1 * rowC);
            high1 = Vector256.Load(c + 1 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector256.Load(k.Bias);
            high0 = Vector256.Load(k.Bias + Lanes);
            low1 = Vector256.Load(k.Bias);
            high1 = Vector256.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + Lanes);
                Vector256<float> a = Vector256.Create(a0[0]);
                low0 = Vector256.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector256.MultiplyAddEstimate(a, b1, high0);
                a = Vector256.Create(a0[row]);
                low1 = Vector256.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector256.MultiplyAddEstimate(a, b1, high1);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
        low1.Store(c + 1 * rowC);
        high1.Store(c + 1 * rowC + Lanes);
    }

    private static void Tile1x16(in Contraction k)
    {
        Vector256<float> low0 = default, high0 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector256.Load(c + 0 * rowC);
            high0 = Vector256.Load(c + 0 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector256.Load(k.Bias);
            high0 = Vector256.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + Lanes);
                Vector256<float> a = Vector256.Create(a0[0]);
                low0 = Vector256.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector256.MultiplyAddEstimate(a, b1, high0);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
    }
}
