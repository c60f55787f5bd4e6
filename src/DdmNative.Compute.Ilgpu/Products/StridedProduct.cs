using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// A plain product of matrices of which each has a stride for its rows and one for its columns, so that transposes cost nothing but how
/// threads read.
/// </summary>
internal struct StridedProduct : IProduct
{
    private ProductExtents _extents;
    private Operand _left0;
    private Operand _left1;
    private Operand _right0;
    private Operand _right1;
    private int _leftRow;
    private int _leftDepth;
    private int _rightDepth;
    private int _rightColumn;
    private int _resultColumn;

    /// <param name="extents">Rows, columns, depth, sources, result.</param>
    /// <param name="left">A of the sources.</param>
    /// <param name="leftStrides">Floats between its rows and between contraction indices, one of them 1.</param>
    /// <param name="right">B of the sources.</param>
    /// <param name="rightStrides">Floats between its contraction indices and between its columns, one of them 1.</param>
    /// <param name="resultColumn">Floats between columns of C.</param>
    public StridedProduct(
        ProductExtents extents, (Operand First, Operand Second) left, (int Row, int Depth) leftStrides,
        (Operand First, Operand Second) right, (int Depth, int Column) rightStrides, int resultColumn)
    {
        (_extents, _resultColumn) = (extents with { Height = 1, Width = 1 }, resultColumn);
        (_left0, _left1) = left;
        (_right0, _right1) = right;
        (_leftRow, _leftDepth) = leftStrides;
        (_rightDepth, _rightColumn) = rightStrides;
    }

    public readonly ProductExtents Extents => _extents;

    public readonly bool LeftRunsAlongDepth => _leftDepth == 1;

    public readonly bool RightRunsAlongDepth => _rightDepth == 1;

    public readonly ArrayView<float> Left(int source, int member) => source == 0 ? _left0.View(member) : _left1.View(member);

    public readonly ArrayView<float> Right(int source, int member) => source == 0 ? _right0.View(member) : _right1.View(member);

    public readonly Place LeftRow(int row) => new(row * _leftRow, 0, 0);

    public readonly Place LeftDepth(int depth) => new(depth * _leftDepth, 0, 0);

    public readonly Place RightDepth(int depth) => new(depth * _rightDepth, 0, 0);

    public readonly Place RightColumn(int column) => new(column * _rightColumn, 0, 0);

    public readonly int ResultColumn(int column) => column * _resultColumn;
}
