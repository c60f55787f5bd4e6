using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// A convolution or matrix product as a product C = A·B, with A [rows, depth] and B [depth, columns]: the addresses of the elements. Each
/// kind of product is a type of its own, so that ILGPU compiles it into the kernel. The sources of a tangent are contracted one after the
/// other.
/// </summary>
internal interface IProduct
{
    ProductExtents Extents { get; }

    /// <summary>
    /// Whether adjacent threads read adjacent contraction indices of A; otherwise adjacent rows. Whichever is contiguous in memory.
    /// </summary>
    bool LeftRunsAlongDepth { get; }

    /// <summary>Whether adjacent threads read adjacent contraction indices of B; otherwise adjacent columns.</summary>
    bool RightRunsAlongDepth { get; }

    /// <summary>A of one source and one member.</summary>
    ArrayView<float> Left(int source, int member);

    ArrayView<float> Right(int source, int member);

    /// <summary>A row within the extents. The kernel masks those beyond them, and the same holds for the other places.</summary>
    Place LeftRow(int row);

    Place LeftDepth(int depth);

    Place RightDepth(int depth);

    Place RightColumn(int column);

    /// <summary>Where a column of C begins, in floats from the member's result.</summary>
    int ResultColumn(int column);
}

/// <summary>The extents of a product, how it is cut, and where the result goes.</summary>
internal struct ProductExtents
{
    public int Rows;
    public int Columns;
    public int Depth;
    public int Sources;

    /// <summary>Image rows and columns within which B's elements lie; one by one where B is no image.</summary>
    public int Height;
    public int Width;

    public int TileRows;
    public int TileColumns;

    /// <summary>
    /// Shares of the contraction, each made by a group of its own and left in the result <see cref="SplitStride"/> floats apart.
    /// </summary>
    public int Splits;
    public int StepsOfSplit;
    public long SplitStride;

    public Operand Result;

    /// <summary>The member with which <see cref="Result"/> begins.</summary>
    public int ResultMember;
    public int ResultRow;

    /// <summary>Added to each row of the result where <see cref="HasBias"/> is not zero.</summary>
    public Operand Bias;
    public int HasBias;

    /// <summary>The member of the first group: where scratch memory is bounded, members go in several launches.</summary>
    public int FirstMember;
}
