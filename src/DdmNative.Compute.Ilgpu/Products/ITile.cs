namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// A group's tile of a product, a type of its own for each size, so that ILGPU compiles the sizes as constants. A thread makes 8 × 8 of it.
/// </summary>
internal interface ITile
{
    int Rows { get; }

    int Columns { get; }
}

/// <summary>For large results: 256 threads, 32 flops to each byte that comes from global memory.</summary>
internal readonly struct WideTile : ITile
{
    public int Rows => 128;

    public int Columns => 128;
}

/// <summary>For results with few rows or columns: 64 threads.</summary>
internal readonly struct MediumTile : ITile
{
    public int Rows => 64;

    public int Columns => 64;
}

/// <summary>For up to sixteen rows, a head's classes or the image's own channels: 32 threads.</summary>
internal readonly struct NarrowTile : ITile
{
    public int Rows => 16;

    public int Columns => 128;
}

/// <summary>For the CPU accelerator, whose groups have one thread.</summary>
internal readonly struct SmallTile : ITile
{
    public int Rows => 8;

    public int Columns => 8;
}
