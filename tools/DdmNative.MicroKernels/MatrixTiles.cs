namespace DdmNative.MicroKernels;

/// <summary>
/// The tiles of a matrix product: height × vectors accumulators stay in registers while A is broadcast element by element and B is loaded,
/// a few vectors a step.
/// </summary>
/// <remarks>
/// The compiler keeps named locals in registers, but not an array's elements, and spills all of them if anything is called while they are
/// live. So a tile is one method without calls: it starts from C (or the bias, or zero) and ends in C.
/// </remarks>
internal sealed class MatrixTiles(VectorWidth width, TileShape[] shapes) : TileFile(width, shapes)
{
    private const string Parameters = "in Contraction k, float* a, float* b, float* c, float* bias";
    private const string Arguments = "k, a, b, c, bias";

    /// <summary>Steps written one after the other: the processor predicts the end of a loop only if it has few iterations.</summary>
    private int Unrolled => Width.Lanes > 8 ? 2 : 4;

    private string Class => Width.Class;

    private string Type => Width.Type;

    protected override (string Name, string Caller) Family => ("MatrixTiles", "MatrixMicroKernel");

    protected override void WriteChoice(CodeWriter code)
    {
        code.Line("/// <summary>Computes tiles of the given rows and vectors, one below the other, from the given addresses.</summary>");
        code.Block($"public static void Compute({Parameters}, int height, int vectors, int tiles)", () =>
        {
            foreach (int vectors in Shapes.Select(shape => shape.Vectors).Distinct())
            {
                code.Block($"if (vectors == {vectors})", () =>
                {
                    code.Block("switch (height)", () =>
                    {
                        foreach (TileShape shape in Shapes.Where(shape => shape.Vectors == vectors))
                            code.Lines([$"case {shape.Height}:", $"    {Name(shape)}({Arguments}, tiles);", "    return;"]);
                    });
                });
            }
        });
    }

    protected override void WriteTile(CodeWriter code, TileShape shape)
    {
        int height = shape.Height, vectors = shape.Vectors;
        // A row of B and an element of A, or a column of A and a vector of B.
        Width.Require(height * vectors + (vectors <= 2 ? vectors : height) + 1, Name(shape));
        string Sum(int row, int vector) => $"c{row}_{vector}";
        void ForAll(Func<int, int, string> line)
        {
            for (int row = 0; row < height; row++)
                for (int vector = 0; vector < vectors; vector++)
                    code.Line(line(row, vector));
        }

        code.Block($"private static void {Name(shape)}({Parameters}, int tiles)", () =>
        {
            code.Line("nint row = k.RowStrideA, step = k.StepA, stepB = k.StepB, rowC = k.RowStrideC;");
            code.Lines(RowAddresses.Strides(height));
            code.Line("int steps = k.Steps;");
            code.Block($"for (; tiles > 0; tiles--, a += {height} * row, c += {height} * rowC)", () =>
            {
                for (int row = 0; row < height; row++)
                    code.Line($"{Type} {string.Join(", ", Enumerable.Range(0, vectors).Select(v => Sum(row, v) + " = default"))};");
                code.Block("if (k.Accumulate)", () => ForAll((row, v) => $"{Sum(row, v)} = {Class}.Load({At($"c + {row} * rowC", v)});"));
                code.Block("else if (bias is not null)", () =>
                    ForAll((row, v) => $"{Sum(row, v)} = {(row == 0 ? $"{Class}.Load({At("bias", v)})" : Sum(0, v))};"));
                code.Block("for (int segment = 0; segment < k.Segments; segment++)", () =>
                {
                    code.Line("float* y = b + segment * k.SegmentB;");
                    code.Lines(RowAddresses.Pointers(height, "a + segment * k.SegmentA"));
                    code.Line("int i = 0;");
                    code.Block($"for (; i + {Unrolled} <= steps; i += {Unrolled})", () =>
                    {
                        for (int copy = 0; copy < Unrolled; copy++)
                            WriteStep(code, shape, Sum);
                    });
                    code.Block("for (; i < steps; i++)", () => WriteStep(code, shape, Sum));
                });
                ForAll((row, v) => $"{Sum(row, v)}.Store({At($"c + {row} * rowC", v)});");
            });
        });
    }

    /// <summary>One step of the contraction; what is used more often, a row of A or of B, is loaded into registers first.</summary>
    private void WriteStep(CodeWriter code, TileShape shape, Func<int, int, string> sum)
    {
        code.Block("", () =>
        {
            if (shape.Vectors <= 2)
            {
                for (int v = 0; v < shape.Vectors; v++)
                    code.Line($"{Type} y{v} = {Class}.Load({At("y", v)});");
                for (int row = 0; row < shape.Height; row++)
                {
                    code.Line($"{(row == 0 ? Type + " " : "")}x = {Class}.Create({RowAddresses.Element(row)});");
                    for (int v = 0; v < shape.Vectors; v++)
                        code.Line($"{sum(row, v)} = {Class}.MultiplyAddEstimate(x, y{v}, {sum(row, v)});");
                }
            }
            else
            {
                for (int row = 0; row < shape.Height; row++)
                    code.Line($"{Type} x{row} = {Class}.Create({RowAddresses.Element(row)});");
                for (int v = 0; v < shape.Vectors; v++)
                {
                    code.Line($"{(v == 0 ? Type + " " : "")}y0 = {Class}.Load({At("y", v)});");
                    for (int row = 0; row < shape.Height; row++)
                        code.Line($"{sum(row, v)} = {Class}.MultiplyAddEstimate(x{row}, y0, {sum(row, v)});");
                }
            }
            code.Lines(RowAddresses.Advance(shape.Height, "step"));
            code.Line("y += stepB;");
        });
    }
}
