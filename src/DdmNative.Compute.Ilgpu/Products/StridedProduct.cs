using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>A plain product of matrices of which each has a stride for its rows and one for its columns, so that transposes cost nothing but how threads read.</summary>
internal struct StridedProduct : IProduct
{
    private ProductExtents extents;
    private Operand left0;
    private Operand left1;
    private Operand right0;
    private Operand right1;
    private int leftRow;
    private int leftDepth;
    private int rightDepth;
    private int rightColumn;
    private int resultColumn;

    /// <param name="extents">Rows, columns, depth, sources, result.</param>
    /// <param name="left">A of the sources.</param>
    /// <param name="leftStrides">Floats between its rows and between contraction indices, one of them 1.</param>
    /// <param name="right">B of the sources.</param>
    /// <param name="rightStrides">Floats between its contraction indices and between its columns, one of them 1.</param>
    /// <param name="resultColumn">Floats between columns of C.</param>
    public StridedProduct(
        ProductExtents extents, (Operand First, Operand Second) left, (int Row, int Depth) leftStrides, (Operand First, Operand Second) right, (int Depth, int Column) rightStrides, int resultColumn)
    {
        (this.extents, this.resultColumn) = (extents with { Height = 1, Width = 1 }, resultColumn);
        (left0, left1) = left;
        (right0, right1) = right;
        (leftRow, leftDepth) = leftStrides;
        (rightDepth, rightColumn) = rightStrides;
    }

    public readonly ProductExtents Extents => extents;

    public readonly bool LeftRunsAlongDepth => leftDepth == 1;

    public readonly bool RightRunsAlongDepth => rightDepth == 1;

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? left0.Of(member) : left1.Of(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? right0.Of(member) : right1.Of(member);

    public readonly Place LeftRow(int row) => new(row * leftRow, 0, 0);

    public readonly Place LeftDepth(int depth) => new(depth * leftDepth, 0, 0);

    public readonly Place RightDepth(int depth) => new(depth * rightDepth, 0, 0);

    public readonly Place RightColumn(int column) => new(column * rightColumn, 0, 0);

    public readonly int ResultColumn(int column) => column * resultColumn;
}
