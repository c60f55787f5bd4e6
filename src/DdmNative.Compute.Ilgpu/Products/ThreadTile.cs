namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// A thread's 8 × 8 sums, in registers: every float is a field, which ILGPU keeps as a value of its own, where an array would be local
/// memory. Rows 4t … 4t + 3 and columns likewise of each half of the group's tile.
/// </summary>
internal struct ThreadTile
{
    public const int Extent = 8;

    public Quarter UpperLeft;
    public Quarter UpperRight;
    public Quarter LowerLeft;
    public Quarter LowerRight;

    /// <summary>The sums with the outer product of eight values of A and eight of B added.</summary>
    public static ThreadTile Add(ThreadTile sums, Four upper, Four lower, Four left, Four right) => new()
    {
        UpperLeft = Quarter.Add(sums.UpperLeft, upper, left),
        UpperRight = Quarter.Add(sums.UpperRight, upper, right),
        LowerLeft = Quarter.Add(sums.LowerLeft, lower, left),
        LowerRight = Quarter.Add(sums.LowerRight, lower, right),
    };
}

/// <summary>4 × 4 sums.</summary>
internal struct Quarter
{
    public Four Row0;
    public Four Row1;
    public Four Row2;
    public Four Row3;

    public static Quarter Add(Quarter sums, Four column, Four row) => new()
    {
        Row0 = Four.MultiplyAdd(column.X, row, sums.Row0),
        Row1 = Four.MultiplyAdd(column.Y, row, sums.Row1),
        Row2 = Four.MultiplyAdd(column.Z, row, sums.Row2),
        Row3 = Four.MultiplyAdd(column.W, row, sums.Row3),
    };
}
