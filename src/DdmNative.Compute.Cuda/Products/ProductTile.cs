namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// The part of a result that one block computes, <c>Tile</c> in kernels/ProductTile.cuh. Chosen only by the extents of one member's result,
/// never by the number of members, so that an ensemble split over several devices has the same bits as on one.
/// </summary>
internal readonly record struct ProductTile(int Rows, int Columns)
{
    /// <summary>Contraction indices of one step.</summary>
    public const int Depth = 16;

    /// <summary>Steps in shared memory at a time.</summary>
    private const int Stages = 3;

    /// <summary>From this many rows on, tiles of 128 rows are nearly full.</summary>
    private const int ManyRows = 512;

    public int Threads => Rows * Columns / (8 * (Columns == 16 ? 4 : 8));

    /// <summary>For rows that are pixels of an image and columns that are channels.</summary>
    public static ProductTile ForImages(int rows, int columns)
        => columns <= 16 ? new(64, 16) : columns <= 32 ? new(128, 32) : columns <= 64 || rows < ManyRows ? new(64, 64) : new(128, 128);

    /// <summary>For rows that are samples and columns that are features or classes.</summary>
    public static ProductTile ForSamples(int rows, int columns)
        => columns <= 16 ? new(64, 16) : columns <= 64 || rows < ManyRows ? new(64, 64) : new(128, 128);

    /// <summary>For gradients of parameters: rows are output channels, columns what a filter has of each.</summary>
    public static ProductTile ForParameters(int rows, int columns) => rows <= 64 || columns <= 64 ? new(64, 64) : new(128, 128);

    public int RowTiles(int rows) => Ceiling(rows, Rows);

    public int ColumnTiles(int columns) => Ceiling(columns, Columns);

    /// <summary>Shared memory of the pipeline when A is stored by rows (images, samples), and of the bias after it.</summary>
    public int SharedBytesByRows(Precision precision)
        => sizeof(float) * (Stages * (Rows * Depth + Depth * Stride(Columns, precision)) + Columns);

    /// <summary>Shared memory of the pipeline when A is stored by columns (gradients of parameters).</summary>
    public int SharedBytesByColumns(Precision precision)
        => sizeof(float) * Stages * Depth * (Stride(Rows, precision) + Stride(Columns, precision));

    /// <summary>The suffix of a kernel's name.</summary>
    public string Suffix(Precision precision) => $"{precision.ToString().ToLowerInvariant()}_{Rows}x{Columns}";

    public static int Ceiling(int extent, int part) => (extent + part - 1) / part;

    /// <summary>The next multiple of four, for 16-byte copies.</summary>
    public static int Padded(int extent) => Ceiling(extent, 4) * 4;

    /// <summary>The next multiple of <see cref="Depth"/>.</summary>
    public static int WholeSteps(int depth) => Ceiling(depth, Depth) * Depth;

    private static int Stride(int width, Precision precision) => width == 16 && precision == Precision.Fp32 ? 16 : width + 8;
}
