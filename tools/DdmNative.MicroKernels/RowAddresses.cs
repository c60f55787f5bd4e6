namespace DdmNative.MicroKernels;

/// <summary>
/// The addresses of a tile's rows of A: a pointer for every four rows, and one, two and three strides as index, so that few integer
/// registers address all of them.
/// </summary>
internal static class RowAddresses
{
    private const int RowsOfPointer = 4;

    /// <summary>Declares the multiples of the stride that the tile needs.</summary>
    public static IEnumerable<string> Strides(int height)
    {
        if (height > 2)
            yield return height > 3 ? "nint row2 = 2 * row, row3 = 3 * row;" : "nint row2 = 2 * row;";
    }

    /// <summary>Declares the pointers, the first of them at <paramref name="start"/>.</summary>
    public static IEnumerable<string> Pointers(int height, string start)
    {
        for (int i = 0; i < height; i += RowsOfPointer)
            yield return i == 0 ? $"float* a0 = {start};" : $"float* a{i} = a{i - RowsOfPointer} + {RowsOfPointer} * row;";
    }

    /// <summary>Moves all pointers by <paramref name="step"/>.</summary>
    public static IEnumerable<string> Advance(int height, string step)
    {
        for (int i = 0; i < height; i += RowsOfPointer)
            yield return $"a{i} += {step};";
    }

    /// <summary>The current element of A in a row.</summary>
    public static string Element(int row)
        => $"a{row / RowsOfPointer * RowsOfPointer}[{(row % RowsOfPointer) switch { 0 => "0", 1 => "row", 2 => "row2", _ => "row3" }}]";
}
