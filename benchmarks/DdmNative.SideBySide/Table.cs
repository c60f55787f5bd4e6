using System.Globalization;

namespace DdmNative.SideBySide;

/// <summary>Prints the rows as a table.</summary>
internal static class Table
{
    private const double LeastConvolutionMean = 1.5;

    public static void WriteHeader(bool withTorchSharp)
        => Console.Out.WriteLine(
            $"{"workload",-24} {"ours",9} {"min",9} {"max",9}   {"PyTorch",9} {"min",9} {"max",9}  {"ratio",6} {"wanted",7} {"GFLOP/s",8} "
            + $"{"of peak",8}  {"MiB",6} {"MiB",6}  PyTorch's variant{(withTorchSharp ? TorchSharpHeader : "")}");

    private static string TorchSharpHeader => $"{"",-8}  {"TorchSharp",10} {"ratio",6} {"MiB",6}  variant";

    public static void Write(Row row)
    {
        string wanted = row.LeastRatio == 0 ? "" : $"≥ {row.LeastRatio:0.0#}";
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{row.Name + (row.Shortened ? " *" : ""),-24} {Time(row.OursS),9} {Time(row.OursMinS),9} {Time(row.OursMaxS),9}   "
            + $"{Time(row.TorchS),9} {Time(row.TorchMinS),9} {Time(row.TorchMaxS),9}  {row.Ratio,6:0.00} {wanted,7} {row.Gflops,8:0.0} "
            + $"{row.PeakShare,8:0.0 %}  {MebiBytes(row.OursPeakBytes),6} {MebiBytes(row.TorchPeakBytes),6}  "
            + $"{row.TorchVariant,-25}{TorchSharp(row)}");
        Console.Out.WriteLine(line.TrimEnd());
    }

    private static string TorchSharp(Row row)
        => row.TorchSharpS is null
            ? "" : string.Create(CultureInfo.InvariantCulture,
                $"  {Time(row.TorchSharpS),10} {row.TorchSharpRatio,6:0.00} {MebiBytes(row.TorchSharpPeakBytes),6}"
                + $"  {row.TorchSharpVariant}");

    /// <summary>Prints the summary of the rows of one number of threads.</summary>
    public static void WriteSummary(IReadOnlyList<Row> rows)
    {
        if (rows.Any(row => row.Shortened))
            Console.Out.WriteLine("* shortened, on both sides alike");
        Row[] compared = [.. rows.Where(row => row.Ratio is not null)];
        if (compared.Length == 0)
            return;
        Row[] convolutions = [.. compared.Where(row => row.Name.StartsWith("conv-", StringComparison.Ordinal))];
        if (convolutions.Length > 0)
        {
            double mean = Math.Exp(convolutions.Average(row => Math.Log(row.Ratio!.Value)));
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"convolutions: geometric mean of {convolutions.Length} ratios {mean:0.00} (≥ {LeastConvolutionMean} wanted), least "
                + $"{convolutions.Min(row => row.Ratio):0.00}"));
        }
        string[] missed = [.. compared.Where(row => row.Ratio < row.LeastRatio).Select(row => row.Name)];
        Console.Out.WriteLine(missed.Length == 0
            ? "every ratio is what is wanted or more" : $"below what is wanted: {string.Join(", ", missed)}");
        string[] larger = [.. compared.Where(row => row.OursPeakBytes > row.TorchPeakBytes).Select(row => row.Name)];
        if (larger.Length > 0)
            Console.Out.WriteLine($"more memory than PyTorch: {string.Join(", ", larger)}");
    }

    private static string Time(double? seconds) => seconds switch
    {
        null => "",
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} s"),
        >= 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.00} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0} µs"),
    };

    private static string MebiBytes(long? bytes) => bytes is null ? "" : (bytes.Value >> 20).ToString(CultureInfo.InvariantCulture);
}
