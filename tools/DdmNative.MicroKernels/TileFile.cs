namespace DdmNative.MicroKernels;

/// <summary>A generated file: one static class with a method for each tile, and one that chooses among them.</summary>
internal abstract class TileFile(VectorWidth width, TileShape[] shapes)
{
    protected VectorWidth Width { get; } = width;

    protected TileShape[] Shapes { get; } = shapes;

    /// <summary>The class's name without its width, and the hand-written class that calls it.</summary>
    protected abstract (string Name, string Caller) Family { get; }

    public string Write()
    {
        var code = new CodeWriter();
        FileHeader.Write(code);
        code.Line($"/// <summary>Tiles of <see cref=\"{Family.Caller}\"/> in vectors of {Width.Lanes} lanes.</summary>");
        code.Block($"internal static unsafe class {Family.Name}{Width.Bits}", () =>
        {
            code.Line($"private const int Lanes = {Width.Lanes};");
            WriteConstants(code);
            code.Line();
            WriteChoice(code);
            foreach (TileShape shape in Shapes)
            {
                code.Line();
                WriteTile(code, shape);
            }
        });
        return code.ToString();
    }

    /// <summary>Writes the constants of the family besides the number of lanes.</summary>
    protected virtual void WriteConstants(CodeWriter code)
    {
    }

    protected abstract void WriteChoice(CodeWriter code);

    protected abstract void WriteTile(CodeWriter code, TileShape shape);

    protected string Name(TileShape shape) => $"Tile{shape.Height}x{shape.Vectors * Width.Lanes}";

    /// <summary>The address of a row's vector.</summary>
    protected static string At(string address, int vector) => vector switch
    {
        0 => address,
        1 => address + " + Lanes",
        _ => address + $" + {vector} * Lanes",
    };
}
