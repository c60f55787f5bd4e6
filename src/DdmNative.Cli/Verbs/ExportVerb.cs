using System.Text.Json;
using CommandLine;
using DdmNative.Attribution.Runs.Exports;

namespace DdmNative.Cli.Verbs;

[Verb("export", HelpText = "Write a run's effects as one long table, for data frames and SQL: a row for each method, objective and group.")]
internal sealed class ExportVerb : IVerb
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; its attribution must be finished.")]
    public string Folder { get; set; } = "";

    [Option("parquet", MetaValue = "FILE", HelpText = "As Apache Parquet.")]
    public string? Parquet { get; set; }

    [Option("csv", MetaValue = "FILE", HelpText = "As csv.")]
    public string? Csv { get; set; }

    [Option("json", HelpText = "Print one JSON object with what was written.")]
    public bool Json { get; set; }

    public void Run(CancellationToken stop)
    {
        if (Parquet is null && Csv is null)
            throw new BadUsageException("Name what to write: --parquet FILE, --csv FILE, or both.");
        EffectTable table = EffectTable.Of(Folder);
        if (Parquet is not null)
            EffectParquet.Write(Parquet, table);
        if (Csv is not null)
            EffectCsv.Write(Csv, table);
        Console.Out.WriteLine(Json ? JsonSerializer.Serialize(new { rows = table.Rows, parquet = Parquet, csv = Csv }) : $"{table.Rows} rows: {string.Join(", ", new[] { Parquet, Csv }.Where(file => file is not null))}");
    }
}
