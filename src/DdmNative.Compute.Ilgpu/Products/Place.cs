namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// What a row, a column or a contraction index contributes to where an element lies: floats from the operand's beginning, and a row and
/// column of the image. Two places' sums are an element; an image row that is outside says that there is none, and the element is zero.
/// </summary>
internal struct Place
{
    public int Offset;
    public int Y;
    public int X;

    public Place(int offset, int y, int x) => (Offset, Y, X) = (offset, y, x);
}
