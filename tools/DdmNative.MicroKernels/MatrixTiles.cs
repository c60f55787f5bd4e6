namespace DdmNative.MicroKernels;

/// <summary>
/// The tiles of a matrix product: height × vectors accumulators stay in registers while A is broadcast element by element and B is loaded,
/// a few vectors a step.
/// </summary>
/// <remarks>
/// The compiler keeps named locals in registers, but not an array's elements, and spills all of them if anything is called while they are
/// live. So a tile is one method without calls: it starts from C (or the bias, or zero) and ends in C.
/// </remarks>
internal sealed class MatrixTiles(VectorWidth width, TileShape[] shapes)
{
    private string Class => width.Class;

    private string Type => width.Type;

    public string Write()
    {
        var code = new CodeWriter();
        FileHeader.Write(code);
        code.Line("/// <summary>Tiles of <see cref=\"MatrixMicroKernel\"/> in vectors of " + width.Lanes + " lanes.</summary>");
        code.Block($"internal static unsafe class MatrixTiles{width.Bits}", () =>
        {
            code.Line($"private const int Lanes = {width.Lanes};");
            code.Line();
            WriteChoice(code);
            foreach (TileShape shape in shapes)
            {
                code.Line();
                WriteTile(code, shape);
            }
        });
        return code.ToString();
    }

    private string Name(TileShape shape) => $"Tile{shape.Height}x{shape.Vectors * width.Lanes}";

    private void WriteChoice(CodeWriter code)
    {
        code.Line("/// <summary>Computes a tile of the given rows and vectors; false if there is no such tile.</summary>");
        code.Block("public static bool Compute(in Contraction k, int height, int vectors)", () =>
        {
            foreach (int vectors in shapes.Select(shape => shape.Vectors).Distinct())
            {
                code.Block($"if (vectors == {vectors})", () =>
                {
                    code.Block("switch (height)", () =>
                    {
                        foreach (TileShape shape in shapes.Where(shape => shape.Vectors == vectors))
                            code.Lines([$"case {shape.Height}:", $"    {Name(shape)}(k);", "    return true;"]);
                    });
                });
            }
            code.Line("return false;");
        });
    }

    private void WriteTile(CodeWriter code, TileShape shape)
    {
        int height = shape.Height, vectors = shape.Vectors;
        // A row of B and an element of A, or a column of A and a vector of B.
        width.Require(height * vectors + (vectors <= 2 ? vectors : height) + 1, Name(shape));
        string Sum(int row, int vector) => $"c{row}_{vector}";
        string At(string address, int vector) => vector switch
        {
            0 => address,
            1 => address + " + Lanes",
            _ => address + $" + {vector} * Lanes",
        };
        void ForAll(Func<int, int, string> line)
        {
            for (int row = 0; row < height; row++)
                for (int vector = 0; vector < vectors; vector++)
                    code.Line(line(row, vector));
        }

        code.Block($"private static void {Name(shape)}(in Contraction k)", () =>
        {
            for (int row = 0; row < height; row++)
                code.Line($"{Type} {string.Join(", ", Enumerable.Range(0, vectors).Select(v => Sum(row, v) + " = default"))};");
            code.Line("float* c = k.C;");
            code.Line("nint rowC = k.RowStrideC;");
            code.Block("if (k.Accumulate)", () => ForAll((row, v) => $"{Sum(row, v)} = {Class}.Load({At($"c + {row} * rowC", v)});"));
            code.Block("else if (k.Bias is not null)", () =>
                ForAll((row, v) => $"{Sum(row, v)} = {(row == 0 ? $"{Class}.Load({At("k.Bias", v)})" : Sum(0, v))};"));
            code.Line("nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB;");
            code.Lines(RowAddresses.Strides(height));
            code.Line("int steps = k.Steps;");
            code.Block("for (int segment = 0; segment < k.Segments; segment++)", () =>
            {
                code.Line("float* b = k.B + segment * k.SegmentB;");
                code.Lines(RowAddresses.Pointers(height, "k.A + segment * k.SegmentA"));
                code.Block("for (int i = 0; i < steps; i++)", () =>
                {
                    WriteStep(code, shape, Sum, At);
                    code.Lines(RowAddresses.Advance(height, "step"));
                    code.Line("b += stepB;");
                });
            });
            ForAll((row, v) => $"{Sum(row, v)}.Store({At($"c + {row} * rowC", v)});");
        });
    }

    /// <summary>One step of the contraction; what is used more often, a row of A or of B, is loaded into registers first.</summary>
    private void WriteStep(CodeWriter code, TileShape shape, Func<int, int, string> sum, Func<string, int, string> at)
    {
        if (shape.Vectors <= 2)
        {
            for (int v = 0; v < shape.Vectors; v++)
                code.Line($"{Type} b{v} = {Class}.Load({at("b", v)});");
            for (int row = 0; row < shape.Height; row++)
            {
                code.Line($"{(row == 0 ? Type + " " : "")}a = {Class}.Create({RowAddresses.Element(row)});");
                for (int v = 0; v < shape.Vectors; v++)
                    code.Line($"{sum(row, v)} = {Class}.MultiplyAddEstimate(a, b{v}, {sum(row, v)});");
            }
            return;
        }
        for (int row = 0; row < shape.Height; row++)
            code.Line($"{Type} x{row} = {Class}.Create({RowAddresses.Element(row)});");
        for (int v = 0; v < shape.Vectors; v++)
        {
            code.Line($"{(v == 0 ? Type + " " : "")}y = {Class}.Load({at("b", v)});");
            for (int row = 0; row < shape.Height; row++)
                code.Line($"{sum(row, v)} = {Class}.MultiplyAddEstimate(x{row}, y, {sum(row, v)});");
        }
    }
}
