namespace DdmNative.MicroKernels;

/// <summary>
/// The tiles of <c>SlotMicroKernel</c>: height × vectors accumulators for a slot's sum, and as many for the slots' total.
/// </summary>
internal sealed class SlotTiles(VectorWidth width, TileShape[] shapes) : TileFile(width, shapes)
{
    protected override (string Name, string Caller) Family => ("SlotTiles", "SlotMicroKernel");

    protected override void WriteConstants(CodeWriter code) => code.Line("private const int Columns = SlotMicroKernel.Columns;");

    protected override void WriteChoice(CodeWriter code)
    {
        code.Line("/// <summary>Computes a tile of the given rows.</summary>");
        code.Block("public static void Sum(float* a, nint row, float* b, int samples, int slots, float* c, int height)", () =>
        {
            code.Block("switch (height)", () =>
            {
                foreach (TileShape shape in Shapes)
                    code.Lines([$"case {shape.Height}:", $"    {Name(shape)}(a, row, b, samples, slots, c);", "    break;"]);
            });
        });
    }

    protected override void WriteTile(CodeWriter code, TileShape shape)
    {
        (string type, string vector) = (Width.Type, Width.Class);
        string Row(int row, string name, string value)
            => string.Join(", ", Enumerable.Range(0, shape.Vectors).Select(v => $"{name}{row}_{v}{value}"));
        IEnumerable<int> rows = Enumerable.Range(0, shape.Height), vectors = Enumerable.Range(0, shape.Vectors);

        Width.Require((2 * shape.Height + 1) * shape.Vectors + 1, Name(shape));
        code.Block($"private static void {Name(shape)}(float* a, nint row, float* b, int samples, int slots, float* c)", () =>
        {
            code.Lines(RowAddresses.Strides(shape.Height));
            code.Lines(rows.Select(row => $"{type} {Row(row, "total", " = default")};"));
            code.Block("for (int slot = 0, sample = 0; slot < slots; slot++)", () =>
            {
                code.Lines(rows.Select(row => $"{type} {Row(row, "c", " = default")};"));
                code.Line("int end = (int)((long)samples * (slot + 1) / slots);");
                code.Lines(RowAddresses.Pointers(shape.Height, "a + sample"));
                code.Block("for (; sample < end; sample++, b += Columns)", () =>
                {
                    code.Lines(vectors.Select(v => $"{type} b{v} = {vector}.Load({At("b", v)});"));
                    foreach (int row in rows)
                    {
                        code.Line($"{(row == 0 ? type + " " : "")}x = {vector}.Create({RowAddresses.Element(row)});");
                        code.Lines(vectors.Select(v => $"c{row}_{v} = {vector}.MultiplyAddEstimate(x, b{v}, c{row}_{v});"));
                    }
                    code.Lines(RowAddresses.Advance(shape.Height, "1"));
                });
                code.Block("if (slot == 0)", () =>
                {
                    code.Lines(rows.SelectMany(row => vectors.Select(v => $"total{row}_{v} = c{row}_{v};")));
                    code.Line("continue;");
                });
                code.Lines(rows.SelectMany(row => vectors.Select(v => $"total{row}_{v} += c{row}_{v};")));
            });
            code.Lines(rows.SelectMany(row => vectors.Select(v => $"total{row}_{v}.Store({At($"c + {row} * Columns", v)});")));
        });
    }
}
