namespace DdmNative.Attribution.Formats;

/// <summary>The header of a <c>.npy</c> file.</summary>
/// <param name="Descr">The type of the elements in NumPy's notation, supported or not.</param>
/// <param name="FortranOrder">Whether the elements are stored column by column.</param>
/// <param name="Shape">Outermost axis first; empty for a scalar.</param>
/// <param name="Start">The position of the first element's byte.</param>
internal sealed record NpyHeader(string Descr, bool FortranOrder, int[] Shape, int Start)
{
    /// <summary>The number of elements; it may be more than one array holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, axis) => product * axis);

    /// <summary>The shape for messages.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
