using CommandLine;
using DdmNative.Runs.Exports;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("export", HelpText = "Write a run's effects as one long table, for data frames and SQL: a row for each method, objective and group.")]
internal sealed class ExportVerb : VerbOptions
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; its attribution must be finished.")]
    public string Folder { get; set; } = "";

    [Option("parquet", MetaValue = "FILE", HelpText = "As Apache Parquet; - is standard output. Default: not written.")]
    public string? Parquet { get; set; }

    [Option("csv", MetaValue = "FILE", HelpText = "As csv; - is standard output. Default: not written.")]
    public string? Csv { get; set; }

    public override void Execute(CancellationToken stop)
    {
        if (Parquet is null && Csv is null)
            throw new BadUsageException("Specify what to write: --parquet FILE, --csv FILE, or both.");
        OutputFile? parquet = Parquet is null
            ? null : OutputFile.Find("--parquet", Parquet, Folder), csv = Csv is null ? null : OutputFile.Find("--csv", Csv, Folder);
        OutputFile.RequireDifferent("--parquet", parquet, "--csv", csv);
        bool isStandardOutput = parquet is { IsStandardOutput: true } || csv is { IsStandardOutput: true };
        if (isStandardOutput && (Json || (parquet is { IsStandardOutput: true } && csv is { IsStandardOutput: true })))
            throw new BadUsageException("Standard output can receive only one result: --json, --parquet - or --csv -.");
        EffectTable table = EffectTable.Of(Folder);
        parquet?.Write(file => EffectParquet.Write(file, table));
        csv?.Write(file => EffectCsv.Write(file, table));
        if (isStandardOutput)
            return;
        if (Json)
            JsonResult.Write(new { rows = table.Rows, parquet = Parquet, csv = Csv });
        else
            Console.Out.WriteLine($"{table.Rows} rows: {string.Join(", ", new[] { Parquet, Csv }.Where(file => file is not null))}");
    }
}
