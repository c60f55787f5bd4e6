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
/// The register tile at the bottom of every product: some rows × 32 or 16 columns of C stay in vector registers while A is broadcast
/// element by element and B is loaded. With AVX-512 a tile has up to 14 rows × 32 columns, so that a step is 28 multiply–adds for 16
/// loads; with eight lanes and sixteen registers up to 6 rows × 16 columns, 12 multiply–adds for 8 loads, or 3 rows × 32 columns.
/// </summary>
/// <remarks>
/// The tiles are generated (tools/DdmNative.MicroKernels). An element of C is one chain of multiply–adds in the order of the contraction,
/// whatever the tile: neither the shape of the tiles nor a contraction in several calls changes its bits.
/// </remarks>
internal static unsafe class MatrixMicroKernel
{
    /// <summary>Columns of the widest tile, and of a packed panel of B.</summary>
    public const int PanelColumns = 32;

    private const int HalfPanel = PanelColumns / 2;

    /// <summary>Rows of the tallest tile of two vectors.</summary>
    private static int TallestTile => Vector512.IsHardwareAccelerated ? 14 : 6;

    /// <summary>
    /// Rows up to which, with eight lanes, a tile takes all 32 columns: tiles of 16 have too few independent sums to fill the pipelines.
    /// </summary>
    private const int FewRows = 3;

    /// <summary>
    /// Steps up to which a call computes all tiles of the same height: in a first layer a tile takes less time than a call.
    /// </summary>
    private const int FewSteps = 64;

    /// <summary>Computes <paramref name="rows"/> rows of C in the fewest tiles, of equal height or nearly so.</summary>
    public static void Multiply(in Contraction contraction, int rows)
    {
        bool isRagged = contraction.Columns % HalfPanel != 0;
        int tiles = (rows + TallestTile - 1) / TallestTile, together = contraction.Steps * contraction.Segments <= FewSteps ? tiles : 1;
        float* a = contraction.A, c = contraction.C;
        for (int count; tiles > 0; tiles -= count)
        {
            int height = (rows + tiles - 1) / tiles;
            // The first rows % tiles tiles are one row taller than the others, unless all are equal.
            int alike = rows % tiles == 0 ? tiles : rows % tiles;
            count = isRagged ? 1 : Math.Min(alike, together);
            if (isRagged)
                MultiplyRaggedTile(contraction, a, c, height);
            else
                MultiplyTiles(contraction, a, c, height, count);
            a += count * height * contraction.RowStrideA;
            c += count * height * contraction.RowStrideC;
            rows -= count * height;
        }
    }

    /// <summary>A tile whose columns do not fill their vectors works on a copy of its part of C.</summary>
    private static void MultiplyRaggedTile(in Contraction contraction, float* a, float* c, int height)
    {
        float* copy = stackalloc float[TallestTile * PanelColumns];
        (nint stride, int columns) = (contraction.RowStrideC, contraction.Columns);
        if (contraction.Accumulate)
            for (int row = 0; row < height; row++)
                for (int column = 0; column < PanelColumns; column++)
                    copy[row * PanelColumns + column] = column < columns ? c[row * stride + column] : 0;
        Contraction whole = contraction;
        whole.RowStrideC = PanelColumns;
        whole.Columns = columns > HalfPanel ? PanelColumns : HalfPanel;
        MultiplyTiles(whole, a, copy, height, tiles: 1);
        for (int row = 0; row < height; row++)
            new ReadOnlySpan<float>(copy + row * PanelColumns, columns).CopyTo(new Span<float>(c + row * stride, columns));
    }

    private static void MultiplyTiles(in Contraction contraction, float* a, float* c, int height, int tiles)
    {
        float* b = contraction.B, bias = contraction.Bias;
        bool isWide = contraction.Columns > HalfPanel;
        if (Vector512.IsHardwareAccelerated)
        {
            MatrixTiles512.Compute(contraction, a, b, c, bias, height, vectors: isWide ? 2 : 1, tiles);
            return;
        }
        if (isWide && height <= FewRows)
        {
            MatrixTiles256.Compute(contraction, a, b, c, bias, height, vectors: 4, tiles);
            return;
        }
        MatrixTiles256.Compute(contraction, a, b, c, bias, height, vectors: 2, tiles);
        if (isWide)
            MatrixTiles256.Compute(
                contraction, a, b + HalfPanel, c + HalfPanel, bias is null ? null : bias + HalfPanel, height, vectors: 2, tiles);
    }
}
