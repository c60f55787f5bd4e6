namespace DdmNative.Attribution.Formats;

/// <summary>What a <c>.npy</c> file says of its array before the elements.</summary>
/// <param name="Descr">The type of the elements in NumPy's notation, whether it is read or not.</param>
/// <param name="FortranOrder">Whether the elements lie column by column.</param>
/// <param name="Shape">Outermost axis first; empty for a scalar.</param>
/// <param name="Start">The byte at which the elements begin.</param>
internal sealed record NpyHeader(string Descr, bool FortranOrder, int[] Shape, int Start)
{
    /// <summary>How many elements there are; known to fit in an array.</summary>
    public int Count => Shape.Aggregate(1, (product, axis) => product * axis);

    /// <summary>For messages.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
