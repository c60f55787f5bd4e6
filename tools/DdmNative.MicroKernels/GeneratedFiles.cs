namespace DdmNative.MicroKernels;

/// <summary>The generated files: one for each family of tiles and vector width.</summary>
public static class GeneratedFiles
{
    /// <summary>AVX-512: 32 registers of sixteen lanes.</summary>
    private static readonly VectorWidth Wide = new(512, Registers: 32);

    /// <summary>AVX2, and what .NET makes of 256-bit vectors elsewhere: sixteen registers of eight lanes.</summary>
    private static readonly VectorWidth Narrow = new(256, Registers: 16);

    /// <summary>Name and text of every file.</summary>
    public static IReadOnlyList<(string Name, string Text)> All { get; } =
    [
        ("MatrixTiles512.cs", new MatrixTiles(Wide, [.. Heights(14).Select(height => new TileShape(height, Vectors: 2)),
            .. Heights(14).Select(height => new TileShape(height, Vectors: 1))]).Write()),
        ("MatrixTiles256.cs", new MatrixTiles(Narrow, [.. Heights(6).Select(height => new TileShape(height, Vectors: 2)),
            .. Heights(3).Select(height => new TileShape(height, Vectors: 4))]).Write()),
        ("SlotTiles512.cs", new SlotTiles(Wide, [.. Heights(7).Select(height => new TileShape(height, Vectors: 2))]).Write()),
        ("SlotTiles256.cs", new SlotTiles(Narrow, [.. Heights(3).Select(height => new TileShape(height, Vectors: 2))]).Write()),
    ];

    private static IEnumerable<int> Heights(int tallest) => Enumerable.Range(1, tallest);
}

/// <summary>A vector type of .NET.</summary>
/// <param name="Bits">512 or 256.</param>
/// <param name="Registers">Registers that the processor has for it.</param>
public readonly record struct VectorWidth(int Bits, int Registers)
{
    public int Lanes => Bits / 32;

    /// <summary>The static class of .NET with its operations.</summary>
    public string Class => $"Vector{Bits}";

    public string Type => $"Vector{Bits}<float>";

    /// <summary>Refuses a tile whose sums would not stay in registers.</summary>
    /// <exception cref="InvalidOperationException">The tile needs more registers than there are.</exception>
    public void Require(int registers, string tile)
    {
        if (registers > Registers)
            throw new InvalidOperationException($"{tile} needs {registers} registers of {Bits} bits; there are {Registers}.");
    }
}

/// <summary>A register tile: rows of C, and vectors in a row.</summary>
public readonly record struct TileShape(int Height, int Vectors);
