using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using Parquet;
using Parquet.Schema;

namespace DdmNative.Runs.Exports;

/// <summary>
/// Writes an <see cref="EffectTable"/> as Apache Parquet, for pandas, Polars, DuckDB and Spark. The metadata contain the sign convention
/// and the granularity.
/// </summary>
public static class EffectParquet
{
    /// <summary>The metadata key of the sign convention.</summary>
    public const string ConventionKey = "convention";

    /// <summary>The metadata key of the granularity.</summary>
    public const string GranularityKey = "granularity";

    private static readonly DataField<string> Method = new("method", nullable: false), Objective = new("objective", nullable: false),
        Unit = new("unit", nullable: false), Name = new("name", nullable: true),
        ClassName = new("class_name", nullable: true), File = new("file", nullable: true);
    private static readonly DataField<int> Group = new("group"), Class = new("class"), Cluster = new("cluster"), Size = new("size");
    private static readonly DataField<int?> Sample = new("sample");
    private static readonly DataField<double> Effect = new("effect");
    private static readonly DataField<double?> Calibrated = new("calibrated"), Exact = new("exact"), Noise = new("noise");

    /// <summary>Writes a file, completely or not at all.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public static void Write(string path, EffectTable table) => AtomicFile.Write(path, file => Write(file, table));

    /// <summary>Writes to a seekable stream.</summary>
    /// <exception cref="IOException">The stream could not be written.</exception>
    public static void Write(Stream file, EffectTable table)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(table);
        WriteAsync(file, table).GetAwaiter().GetResult();
    }

    private static async Task WriteAsync(Stream file, EffectTable table)
    {
        var schema = new ParquetSchema(Method, Objective, Unit, Group, Class, Cluster, Name, Size, Effect, Calibrated, Exact, ClassName,
            Sample, File, Noise);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, file).ConfigureAwait(false);
        writer.CustomMetadata = new Dictionary<string, string> { [ConventionKey] = AttributionMatrix.Convention,
            [GranularityKey] = table.Granularity };
        using ParquetRowGroupWriter rows = writer.CreateRowGroup();
        foreach ((DataField field, string?[] values) in (IEnumerable<(DataField, string?[])>)[(Method, table.Method),
            (Objective, table.Objective), (Unit, table.Unit)])
            await rows.WriteAsync(field, values!).ConfigureAwait(false);
        foreach ((DataField field, int[] values) in (IEnumerable<(DataField, int[])>)[(Group, table.Group), (Class, table.Class),
            (Cluster, table.Cluster)])
            await rows.WriteAsync<int>(field, values).ConfigureAwait(false);
        await rows.WriteAsync(Name, table.Name!).ConfigureAwait(false);
        await rows.WriteAsync<int>(Size, table.Size).ConfigureAwait(false);
        await rows.WriteAsync<double>(Effect, table.Effect).ConfigureAwait(false);
        foreach ((DataField field, double?[] values) in (IEnumerable<(DataField, double?[])>)[(Calibrated, table.Calibrated),
            (Exact, table.Exact)])
            await rows.WriteAsync<double>(field, values).ConfigureAwait(false);
        await rows.WriteAsync(ClassName, table.ClassName!).ConfigureAwait(false);
        await rows.WriteAsync<int>(Sample, table.Sample).ConfigureAwait(false);
        await rows.WriteAsync(File, table.File!).ConfigureAwait(false);
        await rows.WriteAsync<double>(Noise, table.Noise).ConfigureAwait(false);
        rows.CompleteValidate();
    }
}
