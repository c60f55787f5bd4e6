using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>What one micro-kernel call contracts; all strides in floats.</summary>
/// <remarks>
/// C[m, :] (+)= Σₛ Σₖ A[m·RowStride + k·StepA + s·SegmentA] · B[k·StepB + s·SegmentB + 0..columns−1].
/// Two nested contraction axes let a convolution's filter rows, whose pixels overlap in memory, be one call.
/// </remarks>
internal unsafe struct Contraction
{
    public float* A;
    public nint RowStrideA;
    public nint StepA;
    public nint SegmentA;
    public float* B;
    public nint StepB;
    public nint SegmentB;
    public int Steps;
    public int Segments;
    public float* C;
    public nint RowStrideC;

    /// <summary>Columns stored, at most 32; B is read in whole vectors all the same.</summary>
    public int Columns;

    /// <summary>Adds to C; otherwise C is assigned.</summary>
    public bool Accumulate;

    /// <summary>Added to every row when C is assigned: 32 floats, or null.</summary>
    public float* Bias;
}

/// <summary>
/// The register tile at the bottom of every product: up to 14 rows × 32 columns of C stay in 28 vector registers while A is broadcast element by
/// element and B streams in two vectors a step, so that a step is 28 multiply–adds for 16 loads.
/// </summary>
/// <remarks>
/// One method per tile height, written out: the compiler keeps named locals in registers, but not an array's elements.
/// Heights are those that image rows and filter blocks divide into: 14 (28, 14), 8 (32, 16, 8), 7, and small ones for what is left.
/// </remarks>
internal static unsafe class MatrixMicroKernel
{
    /// <summary>Columns of the widest tile, and of a packed panel of B.</summary>
    public const int PanelColumns = 32;

    private const int Lanes = 16;

    /// <summary>Computes <paramref name="rows"/> rows of C with the fewest well-filled tiles.</summary>
    public static void Multiply(Contraction contraction, int rows)
    {
        bool wide = contraction.Columns > Lanes;
        while (rows > 0)
        {
            int height = TileHeight(rows);
            switch (height)
            {
                case 14:
                    if (wide)
                        Tile14x32(contraction);
                    else
                        Tile14x16(contraction);
                    break;
                case 8:
                    if (wide)
                        Tile8x32(contraction);
                    else
                        Tile8x16(contraction);
                    break;
                case 7:
                    if (wide)
                        Tile7x32(contraction);
                    else
                        Tile7x16(contraction);
                    break;
                case 4:
                    if (wide)
                        Tile4x32(contraction);
                    else
                        Tile4x16(contraction);
                    break;
                case 2:
                    if (wide)
                        Tile2x32(contraction);
                    else
                        Tile2x16(contraction);
                    break;
                case 1:
                    if (wide)
                        Tile1x32(contraction);
                    else
                        Tile1x16(contraction);
                    break;
            }
            contraction.A += height * contraction.RowStrideA;
            contraction.C += height * contraction.RowStrideC;
            rows -= height;
        }
    }

    private static int TileHeight(int rows) => rows switch
    {
        16 => 8,
        >= 14 => 14,
        >= 8 => 8,
        7 => 7,
        >= 4 => 4,
        >= 2 => 2,
        _ => 1,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Contraction k, int row, Vector512<float> low, Vector512<float> high)
    {
        float* c = k.C + row * k.RowStrideC;
        if (k.Columns == 2 * Lanes)
        {
            if (k.Accumulate)
            {
                low += Vector512.Load(c);
                high += Vector512.Load(c + Lanes);
            }
            else if (k.Bias is not null)
            {
                low += Vector512.Load(k.Bias);
                high += Vector512.Load(k.Bias + Lanes);
            }
            low.Store(c);
            high.Store(c + Lanes);
            return;
        }
        StorePart(k, c, 0, Lanes, low);
        StorePart(k, c, Lanes, k.Columns - Lanes, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Contraction k, int row, Vector512<float> values)
        => StorePart(k, k.C + row * k.RowStrideC, 0, k.Columns, values);

    private static void StorePart(in Contraction k, float* c, int first, int count, Vector512<float> values)
    {
        if (k.Accumulate)
            values += LanePart.Load(c + first, count);
        else if (k.Bias is not null)
            values += Vector512.Load(k.Bias + first);
        LanePart.Store(values, c + first, count);
    }

    private static void Tile14x32(in Contraction k)
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
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            float* a4 = a0 + 4 * row;
            float* a8 = a4 + 4 * row;
            float* a12 = a8 + 4 * row;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.FusedMultiplyAdd(a, b0, low1);
                high1 = Vector512.FusedMultiplyAdd(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.FusedMultiplyAdd(a, b0, low2);
                high2 = Vector512.FusedMultiplyAdd(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.FusedMultiplyAdd(a, b0, low3);
                high3 = Vector512.FusedMultiplyAdd(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.FusedMultiplyAdd(a, b0, low4);
                high4 = Vector512.FusedMultiplyAdd(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.FusedMultiplyAdd(a, b0, low5);
                high5 = Vector512.FusedMultiplyAdd(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.FusedMultiplyAdd(a, b0, low6);
                high6 = Vector512.FusedMultiplyAdd(a, b1, high6);
                a = Vector512.Create(a4[row3]);
                low7 = Vector512.FusedMultiplyAdd(a, b0, low7);
                high7 = Vector512.FusedMultiplyAdd(a, b1, high7);
                a = Vector512.Create(a8[0]);
                low8 = Vector512.FusedMultiplyAdd(a, b0, low8);
                high8 = Vector512.FusedMultiplyAdd(a, b1, high8);
                a = Vector512.Create(a8[row]);
                low9 = Vector512.FusedMultiplyAdd(a, b0, low9);
                high9 = Vector512.FusedMultiplyAdd(a, b1, high9);
                a = Vector512.Create(a8[row2]);
                low10 = Vector512.FusedMultiplyAdd(a, b0, low10);
                high10 = Vector512.FusedMultiplyAdd(a, b1, high10);
                a = Vector512.Create(a8[row3]);
                low11 = Vector512.FusedMultiplyAdd(a, b0, low11);
                high11 = Vector512.FusedMultiplyAdd(a, b1, high11);
                a = Vector512.Create(a12[0]);
                low12 = Vector512.FusedMultiplyAdd(a, b0, low12);
                high12 = Vector512.FusedMultiplyAdd(a, b1, high12);
                a = Vector512.Create(a12[row]);
                low13 = Vector512.FusedMultiplyAdd(a, b0, low13);
                high13 = Vector512.FusedMultiplyAdd(a, b1, high13);
                a0 += step;
                a4 += step;
                a8 += step;
                a12 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
        Store(k, 1, low1, high1);
        Store(k, 2, low2, high2);
        Store(k, 3, low3, high3);
        Store(k, 4, low4, high4);
        Store(k, 5, low5, high5);
        Store(k, 6, low6, high6);
        Store(k, 7, low7, high7);
        Store(k, 8, low8, high8);
        Store(k, 9, low9, high9);
        Store(k, 10, low10, high10);
        Store(k, 11, low11, high11);
        Store(k, 12, low12, high12);
        Store(k, 13, low13, high13);
    }

    private static void Tile14x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        Vector512<float> low3 = default;
        Vector512<float> low4 = default;
        Vector512<float> low5 = default;
        Vector512<float> low6 = default;
        Vector512<float> low7 = default;
        Vector512<float> low8 = default;
        Vector512<float> low9 = default;
        Vector512<float> low10 = default;
        Vector512<float> low11 = default;
        Vector512<float> low12 = default;
        Vector512<float> low13 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            float* a4 = a0 + 4 * row;
            float* a8 = a4 + 4 * row;
            float* a12 = a8 + 4 * row;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row2]), b0, low6);
                low7 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row3]), b0, low7);
                low8 = Vector512.FusedMultiplyAdd(Vector512.Create(a8[0]), b0, low8);
                low9 = Vector512.FusedMultiplyAdd(Vector512.Create(a8[row]), b0, low9);
                low10 = Vector512.FusedMultiplyAdd(Vector512.Create(a8[row2]), b0, low10);
                low11 = Vector512.FusedMultiplyAdd(Vector512.Create(a8[row3]), b0, low11);
                low12 = Vector512.FusedMultiplyAdd(Vector512.Create(a12[0]), b0, low12);
                low13 = Vector512.FusedMultiplyAdd(Vector512.Create(a12[row]), b0, low13);
                a0 += step;
                a4 += step;
                a8 += step;
                a12 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
        Store(k, 1, low1);
        Store(k, 2, low2);
        Store(k, 3, low3);
        Store(k, 4, low4);
        Store(k, 5, low5);
        Store(k, 6, low6);
        Store(k, 7, low7);
        Store(k, 8, low8);
        Store(k, 9, low9);
        Store(k, 10, low10);
        Store(k, 11, low11);
        Store(k, 12, low12);
        Store(k, 13, low13);
    }

    private static void Tile8x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        Vector512<float> low2 = default, high2 = default;
        Vector512<float> low3 = default, high3 = default;
        Vector512<float> low4 = default, high4 = default;
        Vector512<float> low5 = default, high5 = default;
        Vector512<float> low6 = default, high6 = default;
        Vector512<float> low7 = default, high7 = default;
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.FusedMultiplyAdd(a, b0, low1);
                high1 = Vector512.FusedMultiplyAdd(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.FusedMultiplyAdd(a, b0, low2);
                high2 = Vector512.FusedMultiplyAdd(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.FusedMultiplyAdd(a, b0, low3);
                high3 = Vector512.FusedMultiplyAdd(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.FusedMultiplyAdd(a, b0, low4);
                high4 = Vector512.FusedMultiplyAdd(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.FusedMultiplyAdd(a, b0, low5);
                high5 = Vector512.FusedMultiplyAdd(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.FusedMultiplyAdd(a, b0, low6);
                high6 = Vector512.FusedMultiplyAdd(a, b1, high6);
                a = Vector512.Create(a4[row3]);
                low7 = Vector512.FusedMultiplyAdd(a, b0, low7);
                high7 = Vector512.FusedMultiplyAdd(a, b1, high7);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
        Store(k, 1, low1, high1);
        Store(k, 2, low2, high2);
        Store(k, 3, low3, high3);
        Store(k, 4, low4, high4);
        Store(k, 5, low5, high5);
        Store(k, 6, low6, high6);
        Store(k, 7, low7, high7);
    }

    private static void Tile8x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        Vector512<float> low3 = default;
        Vector512<float> low4 = default;
        Vector512<float> low5 = default;
        Vector512<float> low6 = default;
        Vector512<float> low7 = default;
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row2]), b0, low6);
                low7 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row3]), b0, low7);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
        Store(k, 1, low1);
        Store(k, 2, low2);
        Store(k, 3, low3);
        Store(k, 4, low4);
        Store(k, 5, low5);
        Store(k, 6, low6);
        Store(k, 7, low7);
    }

    private static void Tile7x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        Vector512<float> low2 = default, high2 = default;
        Vector512<float> low3 = default, high3 = default;
        Vector512<float> low4 = default, high4 = default;
        Vector512<float> low5 = default, high5 = default;
        Vector512<float> low6 = default, high6 = default;
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.FusedMultiplyAdd(a, b0, low1);
                high1 = Vector512.FusedMultiplyAdd(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.FusedMultiplyAdd(a, b0, low2);
                high2 = Vector512.FusedMultiplyAdd(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.FusedMultiplyAdd(a, b0, low3);
                high3 = Vector512.FusedMultiplyAdd(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.FusedMultiplyAdd(a, b0, low4);
                high4 = Vector512.FusedMultiplyAdd(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.FusedMultiplyAdd(a, b0, low5);
                high5 = Vector512.FusedMultiplyAdd(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.FusedMultiplyAdd(a, b0, low6);
                high6 = Vector512.FusedMultiplyAdd(a, b1, high6);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
        Store(k, 1, low1, high1);
        Store(k, 2, low2, high2);
        Store(k, 3, low3, high3);
        Store(k, 4, low4, high4);
        Store(k, 5, low5, high5);
        Store(k, 6, low6, high6);
    }

    private static void Tile7x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        Vector512<float> low3 = default;
        Vector512<float> low4 = default;
        Vector512<float> low5 = default;
        Vector512<float> low6 = default;
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row2]), b0, low6);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
        Store(k, 1, low1);
        Store(k, 2, low2);
        Store(k, 3, low3);
        Store(k, 4, low4);
        Store(k, 5, low5);
        Store(k, 6, low6);
    }

    private static void Tile4x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        Vector512<float> low2 = default, high2 = default;
        Vector512<float> low3 = default, high3 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.FusedMultiplyAdd(a, b0, low1);
                high1 = Vector512.FusedMultiplyAdd(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.FusedMultiplyAdd(a, b0, low2);
                high2 = Vector512.FusedMultiplyAdd(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.FusedMultiplyAdd(a, b0, low3);
                high3 = Vector512.FusedMultiplyAdd(a, b1, high3);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
        Store(k, 1, low1, high1);
        Store(k, 2, low2, high2);
        Store(k, 3, low3, high3);
    }

    private static void Tile4x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        Vector512<float> low3 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row3]), b0, low3);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
        Store(k, 1, low1);
        Store(k, 2, low2);
        Store(k, 3, low3);
    }

    private static void Tile2x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.FusedMultiplyAdd(a, b0, low1);
                high1 = Vector512.FusedMultiplyAdd(a, b1, high1);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
        Store(k, 1, low1, high1);
    }

    private static void Tile2x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[row]), b0, low1);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
        Store(k, 1, low1);
    }

    private static void Tile1x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.FusedMultiplyAdd(a, b0, low0);
                high0 = Vector512.FusedMultiplyAdd(a, b1, high0);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0, high0);
    }

    private static void Tile1x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[0]), b0, low0);
                a0 += step;
                b += stepB;
            }
        }
        Store(k, 0, low0);
    }
}
