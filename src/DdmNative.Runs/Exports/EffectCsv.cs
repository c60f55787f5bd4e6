using System.Globalization;
using System.Text;
using CsvHelper;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Exports;

/// <summary>Writes an <see cref="EffectTable"/> as csv, below a comment with the sign convention. Unknown values are empty.</summary>
public static class EffectCsv
{
    /// <summary>Writes a file, completely or not at all.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public static void Write(string path, EffectTable table) => AtomicFile.Write(path, file => Write(file, table));

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <exception cref="IOException">The stream could not be written.</exception>
    public static void Write(Stream file, EffectTable table)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(table);
        file.Write(Encoding.UTF8.GetBytes($"# {AttributionMatrix.Convention}\n"));
        using CsvWriter csv = CsvWriter.Create(file, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
        csv.WriteHeader(["method", "objective", "unit", "group", "class", "cluster", "name", "size", "effect", "calibrated", "exact",
            "class_name", "sample", "file", "noise"]);
        for (int row = 0; row < table.Rows; row++)
        {
            foreach (string text in (ReadOnlySpan<string>)[table.Method[row], table.Objective[row], table.Unit[row]])
                csv.WriteField(text);
            foreach (int number in (ReadOnlySpan<int>)[table.Group[row], table.Class[row], table.Cluster[row]])
                csv.WriteField(number);
            csv.WriteField(table.Name[row] ?? "");
            csv.WriteField(table.Size[row]);
            foreach (double? number in (ReadOnlySpan<double?>)[table.Effect[row], table.Calibrated[row], table.Exact[row]])
                csv.WriteField(number?.ToString("R", CultureInfo.InvariantCulture) ?? "");
            csv.WriteField(table.ClassName[row] ?? "");
            csv.WriteField(table.Sample[row]?.ToString(CultureInfo.InvariantCulture) ?? "");
            csv.WriteField(table.File[row] ?? "");
            csv.WriteField(table.Noise[row]?.ToString("R", CultureInfo.InvariantCulture) ?? "");
            csv.EndRecord();
        }
    }
}
