using System.Globalization;

namespace DdmNative.SideBySide;

/// <summary>Prints the rows as a table, with columns only for what is measured.</summary>
internal sealed class Table
{
    private const double LeastConvolutionMean = 2.2;

    private readonly Column[] _columns;

    /// <param name="torch">Whether PyTorch is measured.</param>
    /// <param name="torchSharp">Whether TorchSharp is measured.</param>
    /// <param name="memory">Whether the peak memory is measured.</param>
    public Table(bool torch, bool torchSharp, bool memory)
    {
        bool compared = torch || torchSharp;
        _columns =
        [
            new("workload", -27, row => row.Name + (row.Shortened ? " *" : "")),
            new("ours", 8, row => Time(row.OursS)),
            new("min", 8, row => Time(row.OursMinS)),
            new("max", 8, row => Time(row.OursMaxS)),
            .. When(torch, new("PyTorch", 10, row => Time(row.TorchS)), new("min", 8, row => Time(row.TorchMinS)),
                new("max", 8, row => Time(row.TorchMaxS))),
            .. When(torchSharp, new("TorchSharp", 12, row => Time(row.TorchSharpS)), new("min", 8, row => Time(row.TorchSharpMinS)),
                new("max", 8, row => Time(row.TorchSharpMaxS))),
            .. When(compared, new("ratio", 7, row => Text("0.00", row.Ratio)),
                new("wanted", 7, row => row.LeastRatio == 0 ? "" : "≥ " + Text("0.0", row.LeastRatio))),
            new("GFLOP/s", 8, row => Text("0.0", row.Gflops)),
            new("of peak", 8, row => Text("0 %", row.PeakShare)),
            .. When(memory, new Column("MiB, each", 16, row => string.Join(':',
                ((long?[])[row.OursPeakBytes, row.TorchPeakBytes, row.TorchSharpPeakBytes]).OfType<long>().Select(MebiBytes)))),
            .. When(torch, new Column("  PyTorch's variant", -27, row => "  " + row.TorchVariant)),
            .. When(torchSharp, new Column("  TorchSharp's variant", -27, row => "  " + row.TorchSharpVariant)),
        ];
    }

    public void WriteHeader() => WriteLine(column => column.Header);

    public void Write(Row row) => WriteLine(column => column.Cell(row));

    /// <summary>Prints the summary of the rows of one number of threads.</summary>
    public static void WriteSummary(IReadOnlyList<Row> rows)
    {
        if (rows.Any(row => row.Shortened))
            Console.Out.WriteLine("* shortened, on all sides alike");
        Row[] compared = [.. rows.Where(row => row.Ratio is not null)];
        if (compared.Length == 0)
            return;
        if (compared.Any(row => row.TorchS is not null) && compared.Any(row => row.TorchSharpS is not null))
            Console.Out.WriteLine("ratio: the faster opponent's median over ours");
        Row[] convolutions = [.. compared.Where(row => row.Name.StartsWith("conv-", StringComparison.Ordinal))];
        WriteMeans("convolutions", convolutions, $" (≥ {Text("0.0", LeastConvolutionMean)} wanted)");
        WriteMeans("all rows", compared, "");
        string[] missed = [.. compared.Where(row => row.Ratio < row.LeastRatio).Select(row => row.Name)];
        Console.Out.WriteLine(missed.Length == 0
            ? "every ratio is what is wanted or more" : $"below what is wanted: {string.Join(", ", missed)}");
        WriteLarger("PyTorch", rows, row => row.TorchPeakBytes);
        WriteLarger("TorchSharp", rows, row => row.TorchSharpPeakBytes);
    }

    private static void WriteMeans(string name, Row[] rows, string wanted)
    {
        if (rows.Length == 0)
            return;
        string alone = (Mean(rows, row => row.TorchRatio), Mean(rows, row => row.TorchSharpRatio)) is (double torch, double torchSharp)
            ? $"; to PyTorch alone {Text("0.00", torch)}, to TorchSharp alone {Text("0.00", torchSharp)}" : "";
        Console.Out.WriteLine($"{name}: geometric mean of {rows.Length} ratios {Text("0.00", Mean(rows, row => row.Ratio))}{wanted}, least "
            + Text("0.00", rows.Min(row => row.Ratio)) + alone);
    }

    /// <summary>The geometric mean of those that were measured; null if none was.</summary>
    private static double? Mean(Row[] rows, Func<Row, double?> ratio)
        => rows.Select(ratio).Average(value => value is double measured ? Math.Log(measured) : (double?)null) is double mean
            ? Math.Exp(mean) : null;

    private static void WriteLarger(string opponent, IReadOnlyList<Row> rows, Func<Row, long?> bytes)
    {
        string[] larger = [.. rows.Where(row => row.OursPeakBytes > bytes(row)).Select(row => row.Name)];
        if (larger.Length > 0)
            Console.Out.WriteLine($"more memory than {opponent}: {string.Join(", ", larger)}");
    }

    private static Column[] When(bool condition, params Column[] columns) => condition ? columns : [];

    private void WriteLine(Func<Column, string> text)
        => Console.Out.WriteLine(string.Concat(_columns.Select(column => column.Align(text(column)))).TrimEnd());

    /// <summary>Three digits and the unit.</summary>
    private static string Time(double? seconds) => seconds switch
    {
        null => "",
        >= 0.9995 => ThreeDigits(seconds.Value) + " s",
        >= 0.9995e-3 => ThreeDigits(seconds.Value * 1e3) + " ms",
        _ => ThreeDigits(seconds.Value * 1e6) + " µs",
    };

    private static string ThreeDigits(double value) => Text(value < 9.995 ? "0.00" : value < 99.95 ? "0.0" : "0", value);

    private static string Text(string format, double? value) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string MebiBytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);

    /// <summary>A column of the table.</summary>
    /// <param name="Header">Its heading.</param>
    /// <param name="Width">Its width; negative if the text is aligned to the left.</param>
    /// <param name="Cell">The text of a row.</param>
    private sealed record Column(string Header, int Width, Func<Row, string> Cell)
    {
        public string Align(string text) => Width < 0 ? text.PadRight(-Width) : text.PadLeft(Width);
    }
}
