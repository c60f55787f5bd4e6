using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>What one micro-kernel call contracts; all strides in floats.</summary>
/// <remarks>
/// C[m, :] (+)= Σₛ Σₖ A[m·RowStrideA + k·StepA + s·SegmentA] · B[k·StepB + s·SegmentB + 0..columns−1].
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

    /// <summary>Columns stored, at most 32; B is always read in whole vectors.</summary>
    public int Columns;

    /// <summary>Adds to C; otherwise C is assigned.</summary>
    public bool Accumulate;

    /// <summary>Added to every row when C is assigned: 32 floats, or null.</summary>
    public float* Bias;
}

/// <summary>
/// The register tile at the bottom of every product: up to 14 rows × 32 columns of C stay in 28 vector registers while A is broadcast
/// element by element and B is loaded, two vectors a step, so that a step is 28 multiply–adds for 16 loads.
/// </summary>
/// <remarks>
/// One method per tile height, written out: the compiler keeps named locals in registers, but not an array's elements, and spills all of
/// them if anything is called while they are live. So a tile starts from C (or the bias, or zero), ends in C, and calls nothing; ragged
/// columns go through a small copy of C outside. Heights are those that image rows and filter blocks divide into: 14 (28, 14), 8 (32, 16,
/// 8), 7, the 9 and 3 of a first layer's k·C, and small ones for the rest.
/// </remarks>
internal static unsafe class MatrixMicroKernel
{
    /// <summary>Columns of the widest tile, and of a packed panel of B.</summary>
    public const int PanelColumns = 32;

    private const int Lanes = 16;
    private const int TallestTile = 14;

    /// <summary>Computes <paramref name="rows"/> rows of C with the fewest well-filled tiles.</summary>
    public static void Multiply(Contraction contraction, int rows)
    {
        if (!Vector512.IsHardwareAccelerated && contraction.Columns % Lanes == 0)
        {
            NarrowMicroKernel.Multiply(contraction, rows);
            return;
        }
        while (rows > 0)
        {
            int height = TileHeight(rows);
            if (contraction.Columns % Lanes == 0)
                MultiplyTile(contraction, height);
            else
                MultiplyRaggedTile(contraction, height);
            contraction.A += height * contraction.RowStrideA;
            contraction.C += height * contraction.RowStrideC;
            rows -= height;
        }
    }

    private static int TileHeight(int rows) => rows switch
    {
        16 => 8,
        >= 14 => 14,
        9 => 9,
        >= 8 => 8,
        7 => 7,
        >= 4 => 4,
        _ => rows,
    };

    /// <summary>A tile whose columns do not fill their vectors works on a copy of its part of C.</summary>
    private static void MultiplyRaggedTile(Contraction contraction, int height)
    {
        float* copy = stackalloc float[TallestTile * PanelColumns];
        float* target = contraction.C;
        (nint stride, int columns) = (contraction.RowStrideC, contraction.Columns);
        if (contraction.Accumulate)
            for (int row = 0; row < height; row++)
                for (int column = 0; column < PanelColumns; column++)
                    copy[row * PanelColumns + column] = column < columns ? target[row * stride + column] : 0;
        contraction.C = copy;
        contraction.RowStrideC = PanelColumns;
        contraction.Columns = columns > Lanes ? PanelColumns : Lanes;
        MultiplyTile(contraction, height);
        for (int row = 0; row < height; row++)
            new ReadOnlySpan<float>(copy + row * PanelColumns, columns).CopyTo(new Span<float>(target + row * stride, columns));
    }

    private static void MultiplyTile(in Contraction contraction, int height)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            NarrowMicroKernel.Multiply(contraction, height);
            return;
        }
        bool isWide = contraction.Columns > Lanes;
        switch (height)
        {
            case 14:
                if (isWide)
                    Tile14x32(contraction);
                else
                    Tile14x16(contraction);
                break;
            case 9:
                if (isWide)
                    Tile9x32(contraction);
                else
                    Tile9x16(contraction);
                break;
            case 8:
                if (isWide)
                    Tile8x32(contraction);
                else
                    Tile8x16(contraction);
                break;
            case 7:
                if (isWide)
                    Tile7x32(contraction);
                else
                    Tile7x16(contraction);
                break;
            case 4:
                if (isWide)
                    Tile4x32(contraction);
                else
                    Tile4x16(contraction);
                break;
            case 3:
                if (isWide)
                    Tile3x32(contraction);
                else
                    Tile3x16(contraction);
                break;
            case 2:
                if (isWide)
                    Tile2x32(contraction);
                else
                    Tile2x16(contraction);
                break;
            case 1:
                if (isWide)
                    Tile1x32(contraction);
                else
                    Tile1x16(contraction);
                break;
        }
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
            low3 = Vector512.Load(c + 3 * rowC);
            high3 = Vector512.Load(c + 3 * rowC + Lanes);
            low4 = Vector512.Load(c + 4 * rowC);
            high4 = Vector512.Load(c + 4 * rowC + Lanes);
            low5 = Vector512.Load(c + 5 * rowC);
            high5 = Vector512.Load(c + 5 * rowC + Lanes);
            low6 = Vector512.Load(c + 6 * rowC);
            high6 = Vector512.Load(c + 6 * rowC + Lanes);
            low7 = Vector512.Load(c + 7 * rowC);
            high7 = Vector512.Load(c + 7 * rowC + Lanes);
            low8 = Vector512.Load(c + 8 * rowC);
            high8 = Vector512.Load(c + 8 * rowC + Lanes);
            low9 = Vector512.Load(c + 9 * rowC);
            high9 = Vector512.Load(c + 9 * rowC + Lanes);
            low10 = Vector512.Load(c + 10 * rowC);
            high10 = Vector512.Load(c + 10 * rowC + Lanes);
            low11 = Vector512.Load(c + 11 * rowC);
            high11 = Vector512.Load(c + 11 * rowC + Lanes);
            low12 = Vector512.Load(c + 12 * rowC);
            high12 = Vector512.Load(c + 12 * rowC + Lanes);
            low13 = Vector512.Load(c + 13 * rowC);
            high13 = Vector512.Load(c + 13 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
            low3 = Vector512.Load(k.Bias);
            high3 = Vector512.Load(k.Bias + Lanes);
            low4 = Vector512.Load(k.Bias);
            high4 = Vector512.Load(k.Bias + Lanes);
            low5 = Vector512.Load(k.Bias);
            high5 = Vector512.Load(k.Bias + Lanes);
            low6 = Vector512.Load(k.Bias);
            high6 = Vector512.Load(k.Bias + Lanes);
            low7 = Vector512.Load(k.Bias);
            high7 = Vector512.Load(k.Bias + Lanes);
            low8 = Vector512.Load(k.Bias);
            high8 = Vector512.Load(k.Bias + Lanes);
            low9 = Vector512.Load(k.Bias);
            high9 = Vector512.Load(k.Bias + Lanes);
            low10 = Vector512.Load(k.Bias);
            high10 = Vector512.Load(k.Bias + Lanes);
            low11 = Vector512.Load(k.Bias);
            high11 = Vector512.Load(k.Bias + Lanes);
            low12 = Vector512.Load(k.Bias);
            high12 = Vector512.Load(k.Bias + Lanes);
            low13 = Vector512.Load(k.Bias);
            high13 = Vector512.Load(k.Bias + Lanes);
        }
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
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.MultiplyAddEstimate(a, b0, low4);
                high4 = Vector512.MultiplyAddEstimate(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.MultiplyAddEstimate(a, b0, low5);
                high5 = Vector512.MultiplyAddEstimate(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.MultiplyAddEstimate(a, b0, low6);
                high6 = Vector512.MultiplyAddEstimate(a, b1, high6);
                a = Vector512.Create(a4[row3]);
                low7 = Vector512.MultiplyAddEstimate(a, b0, low7);
                high7 = Vector512.MultiplyAddEstimate(a, b1, high7);
                a = Vector512.Create(a8[0]);
                low8 = Vector512.MultiplyAddEstimate(a, b0, low8);
                high8 = Vector512.MultiplyAddEstimate(a, b1, high8);
                a = Vector512.Create(a8[row]);
                low9 = Vector512.MultiplyAddEstimate(a, b0, low9);
                high9 = Vector512.MultiplyAddEstimate(a, b1, high9);
                a = Vector512.Create(a8[row2]);
                low10 = Vector512.MultiplyAddEstimate(a, b0, low10);
                high10 = Vector512.MultiplyAddEstimate(a, b1, high10);
                a = Vector512.Create(a8[row3]);
                low11 = Vector512.MultiplyAddEstimate(a, b0, low11);
                high11 = Vector512.MultiplyAddEstimate(a, b1, high11);
                a = Vector512.Create(a12[0]);
                low12 = Vector512.MultiplyAddEstimate(a, b0, low12);
                high12 = Vector512.MultiplyAddEstimate(a, b1, high12);
                a = Vector512.Create(a12[row]);
                low13 = Vector512.MultiplyAddEstimate(a, b0, low13);
                high13 = Vector512.MultiplyAddEstimate(a, b1, high13);
                a0 += step;
                a4 += step;
                a8 += step;
                a12 += step;
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
        low6.Store(c + 6 * rowC);
        high6.Store(c + 6 * rowC + Lanes);
        low7.Store(c + 7 * rowC);
        high7.Store(c + 7 * rowC + Lanes);
        low8.Store(c + 8 * rowC);
        high8.Store(c + 8 * rowC + Lanes);
        low9.Store(c + 9 * rowC);
        high9.Store(c + 9 * rowC + Lanes);
        low10.Store(c + 10 * rowC);
        high10.Store(c + 10 * rowC + Lanes);
        low11.Store(c + 11 * rowC);
        high11.Store(c + 11 * rowC + Lanes);
        low12.Store(c + 12 * rowC);
        high12.Store(c + 12 * rowC + Lanes);
        low13.Store(c + 13 * rowC);
        high13.Store(c + 13 * rowC + Lanes);
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
            low3 = Vector512.Load(c + 3 * rowC);
            low4 = Vector512.Load(c + 4 * rowC);
            low5 = Vector512.Load(c + 5 * rowC);
            low6 = Vector512.Load(c + 6 * rowC);
            low7 = Vector512.Load(c + 7 * rowC);
            low8 = Vector512.Load(c + 8 * rowC);
            low9 = Vector512.Load(c + 9 * rowC);
            low10 = Vector512.Load(c + 10 * rowC);
            low11 = Vector512.Load(c + 11 * rowC);
            low12 = Vector512.Load(c + 12 * rowC);
            low13 = Vector512.Load(c + 13 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
            low3 = Vector512.Load(k.Bias);
            low4 = Vector512.Load(k.Bias);
            low5 = Vector512.Load(k.Bias);
            low6 = Vector512.Load(k.Bias);
            low7 = Vector512.Load(k.Bias);
            low8 = Vector512.Load(k.Bias);
            low9 = Vector512.Load(k.Bias);
            low10 = Vector512.Load(k.Bias);
            low11 = Vector512.Load(k.Bias);
            low12 = Vector512.Load(k.Bias);
            low13 = Vector512.Load(k.Bias);
        }
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
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row2]), b0, low6);
                low7 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row3]), b0, low7);
                low8 = Vector512.MultiplyAddEstimate(Vector512.Create(a8[0]), b0, low8);
                low9 = Vector512.MultiplyAddEstimate(Vector512.Create(a8[row]), b0, low9);
                low10 = Vector512.MultiplyAddEstimate(Vector512.Create(a8[row2]), b0, low10);
                low11 = Vector512.MultiplyAddEstimate(Vector512.Create(a8[row3]), b0, low11);
                low12 = Vector512.MultiplyAddEstimate(Vector512.Create(a12[0]), b0, low12);
                low13 = Vector512.MultiplyAddEstimate(Vector512.Create(a12[row]), b0, low13);
                a0 += step;
                a4 += step;
                a8 += step;
                a12 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
        low3.Store(c + 3 * rowC);
        low4.Store(c + 4 * rowC);
        low5.Store(c + 5 * rowC);
        low6.Store(c + 6 * rowC);
        low7.Store(c + 7 * rowC);
        low8.Store(c + 8 * rowC);
        low9.Store(c + 9 * rowC);
        low10.Store(c + 10 * rowC);
        low11.Store(c + 11 * rowC);
        low12.Store(c + 12 * rowC);
        low13.Store(c + 13 * rowC);
    }

    private static void Tile9x32(in Contraction k)
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
            low3 = Vector512.Load(c + 3 * rowC);
            high3 = Vector512.Load(c + 3 * rowC + Lanes);
            low4 = Vector512.Load(c + 4 * rowC);
            high4 = Vector512.Load(c + 4 * rowC + Lanes);
            low5 = Vector512.Load(c + 5 * rowC);
            high5 = Vector512.Load(c + 5 * rowC + Lanes);
            low6 = Vector512.Load(c + 6 * rowC);
            high6 = Vector512.Load(c + 6 * rowC + Lanes);
            low7 = Vector512.Load(c + 7 * rowC);
            high7 = Vector512.Load(c + 7 * rowC + Lanes);
            low8 = Vector512.Load(c + 8 * rowC);
            high8 = Vector512.Load(c + 8 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
            low3 = Vector512.Load(k.Bias);
            high3 = Vector512.Load(k.Bias + Lanes);
            low4 = Vector512.Load(k.Bias);
            high4 = Vector512.Load(k.Bias + Lanes);
            low5 = Vector512.Load(k.Bias);
            high5 = Vector512.Load(k.Bias + Lanes);
            low6 = Vector512.Load(k.Bias);
            high6 = Vector512.Load(k.Bias + Lanes);
            low7 = Vector512.Load(k.Bias);
            high7 = Vector512.Load(k.Bias + Lanes);
            low8 = Vector512.Load(k.Bias);
            high8 = Vector512.Load(k.Bias + Lanes);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            float* a4 = a0 + 4 * row;
            float* a8 = a4 + 4 * row;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.MultiplyAddEstimate(a, b0, low4);
                high4 = Vector512.MultiplyAddEstimate(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.MultiplyAddEstimate(a, b0, low5);
                high5 = Vector512.MultiplyAddEstimate(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.MultiplyAddEstimate(a, b0, low6);
                high6 = Vector512.MultiplyAddEstimate(a, b1, high6);
                a = Vector512.Create(a4[row3]);
                low7 = Vector512.MultiplyAddEstimate(a, b0, low7);
                high7 = Vector512.MultiplyAddEstimate(a, b1, high7);
                a = Vector512.Create(a8[0]);
                low8 = Vector512.MultiplyAddEstimate(a, b0, low8);
                high8 = Vector512.MultiplyAddEstimate(a, b1, high8);
                a0 += step;
                a4 += step;
                a8 += step;
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
        low6.Store(c + 6 * rowC);
        high6.Store(c + 6 * rowC + Lanes);
        low7.Store(c + 7 * rowC);
        high7.Store(c + 7 * rowC + Lanes);
        low8.Store(c + 8 * rowC);
        high8.Store(c + 8 * rowC + Lanes);
    }

    private static void Tile9x16(in Contraction k)
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
            low3 = Vector512.Load(c + 3 * rowC);
            low4 = Vector512.Load(c + 4 * rowC);
            low5 = Vector512.Load(c + 5 * rowC);
            low6 = Vector512.Load(c + 6 * rowC);
            low7 = Vector512.Load(c + 7 * rowC);
            low8 = Vector512.Load(c + 8 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
            low3 = Vector512.Load(k.Bias);
            low4 = Vector512.Load(k.Bias);
            low5 = Vector512.Load(k.Bias);
            low6 = Vector512.Load(k.Bias);
            low7 = Vector512.Load(k.Bias);
            low8 = Vector512.Load(k.Bias);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        nint row2 = 2 * row, row3 = 3 * row;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            float* a4 = a0 + 4 * row;
            float* a8 = a4 + 4 * row;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row2]), b0, low6);
                low7 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row3]), b0, low7);
                low8 = Vector512.MultiplyAddEstimate(Vector512.Create(a8[0]), b0, low8);
                a0 += step;
                a4 += step;
                a8 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
        low3.Store(c + 3 * rowC);
        low4.Store(c + 4 * rowC);
        low5.Store(c + 5 * rowC);
        low6.Store(c + 6 * rowC);
        low7.Store(c + 7 * rowC);
        low8.Store(c + 8 * rowC);
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
            low3 = Vector512.Load(c + 3 * rowC);
            high3 = Vector512.Load(c + 3 * rowC + Lanes);
            low4 = Vector512.Load(c + 4 * rowC);
            high4 = Vector512.Load(c + 4 * rowC + Lanes);
            low5 = Vector512.Load(c + 5 * rowC);
            high5 = Vector512.Load(c + 5 * rowC + Lanes);
            low6 = Vector512.Load(c + 6 * rowC);
            high6 = Vector512.Load(c + 6 * rowC + Lanes);
            low7 = Vector512.Load(c + 7 * rowC);
            high7 = Vector512.Load(c + 7 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
            low3 = Vector512.Load(k.Bias);
            high3 = Vector512.Load(k.Bias + Lanes);
            low4 = Vector512.Load(k.Bias);
            high4 = Vector512.Load(k.Bias + Lanes);
            low5 = Vector512.Load(k.Bias);
            high5 = Vector512.Load(k.Bias + Lanes);
            low6 = Vector512.Load(k.Bias);
            high6 = Vector512.Load(k.Bias + Lanes);
            low7 = Vector512.Load(k.Bias);
            high7 = Vector512.Load(k.Bias + Lanes);
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.MultiplyAddEstimate(a, b0, low4);
                high4 = Vector512.MultiplyAddEstimate(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.MultiplyAddEstimate(a, b0, low5);
                high5 = Vector512.MultiplyAddEstimate(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.MultiplyAddEstimate(a, b0, low6);
                high6 = Vector512.MultiplyAddEstimate(a, b1, high6);
                a = Vector512.Create(a4[row3]);
                low7 = Vector512.MultiplyAddEstimate(a, b0, low7);
                high7 = Vector512.MultiplyAddEstimate(a, b1, high7);
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
        low6.Store(c + 6 * rowC);
        high6.Store(c + 6 * rowC + Lanes);
        low7.Store(c + 7 * rowC);
        high7.Store(c + 7 * rowC + Lanes);
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
            low3 = Vector512.Load(c + 3 * rowC);
            low4 = Vector512.Load(c + 4 * rowC);
            low5 = Vector512.Load(c + 5 * rowC);
            low6 = Vector512.Load(c + 6 * rowC);
            low7 = Vector512.Load(c + 7 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
            low3 = Vector512.Load(k.Bias);
            low4 = Vector512.Load(k.Bias);
            low5 = Vector512.Load(k.Bias);
            low6 = Vector512.Load(k.Bias);
            low7 = Vector512.Load(k.Bias);
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row2]), b0, low6);
                low7 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row3]), b0, low7);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
        low3.Store(c + 3 * rowC);
        low4.Store(c + 4 * rowC);
        low5.Store(c + 5 * rowC);
        low6.Store(c + 6 * rowC);
        low7.Store(c + 7 * rowC);
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
            low3 = Vector512.Load(c + 3 * rowC);
            high3 = Vector512.Load(c + 3 * rowC + Lanes);
            low4 = Vector512.Load(c + 4 * rowC);
            high4 = Vector512.Load(c + 4 * rowC + Lanes);
            low5 = Vector512.Load(c + 5 * rowC);
            high5 = Vector512.Load(c + 5 * rowC + Lanes);
            low6 = Vector512.Load(c + 6 * rowC);
            high6 = Vector512.Load(c + 6 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
            low3 = Vector512.Load(k.Bias);
            high3 = Vector512.Load(k.Bias + Lanes);
            low4 = Vector512.Load(k.Bias);
            high4 = Vector512.Load(k.Bias + Lanes);
            low5 = Vector512.Load(k.Bias);
            high5 = Vector512.Load(k.Bias + Lanes);
            low6 = Vector512.Load(k.Bias);
            high6 = Vector512.Load(k.Bias + Lanes);
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(a, b1, high3);
                a = Vector512.Create(a4[0]);
                low4 = Vector512.MultiplyAddEstimate(a, b0, low4);
                high4 = Vector512.MultiplyAddEstimate(a, b1, high4);
                a = Vector512.Create(a4[row]);
                low5 = Vector512.MultiplyAddEstimate(a, b0, low5);
                high5 = Vector512.MultiplyAddEstimate(a, b1, high5);
                a = Vector512.Create(a4[row2]);
                low6 = Vector512.MultiplyAddEstimate(a, b0, low6);
                high6 = Vector512.MultiplyAddEstimate(a, b1, high6);
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
        low6.Store(c + 6 * rowC);
        high6.Store(c + 6 * rowC + Lanes);
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
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
            low3 = Vector512.Load(c + 3 * rowC);
            low4 = Vector512.Load(c + 4 * rowC);
            low5 = Vector512.Load(c + 5 * rowC);
            low6 = Vector512.Load(c + 6 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
            low3 = Vector512.Load(k.Bias);
            low4 = Vector512.Load(k.Bias);
            low5 = Vector512.Load(k.Bias);
            low6 = Vector512.Load(k.Bias);
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row3]), b0, low3);
                low4 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[0]), b0, low4);
                low5 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row]), b0, low5);
                low6 = Vector512.MultiplyAddEstimate(Vector512.Create(a4[row2]), b0, low6);
                a0 += step;
                a4 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
        low3.Store(c + 3 * rowC);
        low4.Store(c + 4 * rowC);
        low5.Store(c + 5 * rowC);
        low6.Store(c + 6 * rowC);
    }

    private static void Tile4x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        Vector512<float> low2 = default, high2 = default;
        Vector512<float> low3 = default, high3 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
            low3 = Vector512.Load(c + 3 * rowC);
            high3 = Vector512.Load(c + 3 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
            low3 = Vector512.Load(k.Bias);
            high3 = Vector512.Load(k.Bias + Lanes);
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
                a = Vector512.Create(a0[row3]);
                low3 = Vector512.MultiplyAddEstimate(a, b0, low3);
                high3 = Vector512.MultiplyAddEstimate(a, b1, high3);
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

    private static void Tile4x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        Vector512<float> low3 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
            low3 = Vector512.Load(c + 3 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
            low3 = Vector512.Load(k.Bias);
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                low3 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row3]), b0, low3);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
        low3.Store(c + 3 * rowC);
    }

    private static void Tile3x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        Vector512<float> low2 = default, high2 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
            low2 = Vector512.Load(c + 2 * rowC);
            high2 = Vector512.Load(c + 2 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
            low2 = Vector512.Load(k.Bias);
            high2 = Vector512.Load(k.Bias + Lanes);
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
                Vector512<float> b0 = Vector512.Load(b);
                Vector512<float> b1 = Vector512.Load(b + Lanes);
                Vector512<float> a = Vector512.Create(a0[0]);
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a = Vector512.Create(a0[row2]);
                low2 = Vector512.MultiplyAddEstimate(a, b0, low2);
                high2 = Vector512.MultiplyAddEstimate(a, b1, high2);
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

    private static void Tile3x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        Vector512<float> low2 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
            low2 = Vector512.Load(c + 2 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
            low2 = Vector512.Load(k.Bias);
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
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                low2 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row2]), b0, low2);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
        low2.Store(c + 2 * rowC);
    }

    private static void Tile2x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        Vector512<float> low1 = default, high1 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
            low1 = Vector512.Load(c + 1 * rowC);
            high1 = Vector512.Load(c + 1 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
            low1 = Vector512.Load(k.Bias);
            high1 = Vector512.Load(k.Bias + Lanes);
        }
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
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a = Vector512.Create(a0[row]);
                low1 = Vector512.MultiplyAddEstimate(a, b0, low1);
                high1 = Vector512.MultiplyAddEstimate(a, b1, high1);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
        low1.Store(c + 1 * rowC);
        high1.Store(c + 1 * rowC + Lanes);
    }

    private static void Tile2x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        Vector512<float> low1 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            low1 = Vector512.Load(c + 1 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            low1 = Vector512.Load(k.Bias);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                low1 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[row]), b0, low1);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        low1.Store(c + 1 * rowC);
    }

    private static void Tile1x32(in Contraction k)
    {
        Vector512<float> low0 = default, high0 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
            high0 = Vector512.Load(c + 0 * rowC + Lanes);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
            high0 = Vector512.Load(k.Bias + Lanes);
        }
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
                low0 = Vector512.MultiplyAddEstimate(a, b0, low0);
                high0 = Vector512.MultiplyAddEstimate(a, b1, high0);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
        high0.Store(c + 0 * rowC + Lanes);
    }

    private static void Tile1x16(in Contraction k)
    {
        Vector512<float> low0 = default;
        float* c = k.C;
        nint rowC = k.RowStrideC;
        if (k.Accumulate)
        {
            low0 = Vector512.Load(c + 0 * rowC);
        }
        else if (k.Bias is not null)
        {
            low0 = Vector512.Load(k.Bias);
        }
        nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;
        int steps = k.Steps;
        for (int segment = 0; segment < k.Segments; segment++)
        {
            float* b = k.B + segment * k.SegmentB;
            float* a0 = k.A + segment * k.SegmentA;
            for (int i = 0; i < steps; i++)
            {
                Vector512<float> b0 = Vector512.Load(b);
                low0 = Vector512.MultiplyAddEstimate(Vector512.Create(a0[0]), b0, low0);
                a0 += step;
                b += stepB;
            }
        }
        low0.Store(c + 0 * rowC);
    }
}
