using System.Text;
using CommandLine;
using DdmNative.Cli.Output;
using DdmNative.Cli.Output.Answers;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Summaries;

namespace DdmNative.Cli.Verbs;

[Verb("compare",
    HelpText = "Compare runs: how well the methods of validated runs predicted exact retraining, or what changed in accuracy and effects.")]
internal sealed class CompareVerb : VerbOptions
{
    [Value(0, Required = true, MetaName = "RUN…",
        HelpText = "Run folders, e.g. of one job with different seeds or settings; one folder compares its methods.")]
    public IEnumerable<string> Runs { get; set; } = [];

    [Option("each",
        HelpText = "Print a line for each run and method, with the run's size and length of training; for validated runs of different "
            + "jobs. Default: the mean over the runs.")]
    public bool Each { get; set; }

    [Option("html", MetaValue = "FILE",
        HelpText = "Also write a page for a browser, with the runs side by side: settings that differ, accuracy, leading groups, and "
            + "effects against each other; - is standard output, which then has nothing else. Default: not written.")]
    public string? Html { get; set; }

    public override void Execute(CancellationToken stop)
    {
        string[] runs = [.. Runs];
        // No run's own files may be replaced.
        OutputFile? page = Html is null ? null : runs.Select(run => OutputFile.Find("--html", Html, run)).Last();
        if (page is { IsStandardOutput: true } && Json)
            throw new BadUsageException("Standard output can receive only one result: --json or --html -.");
        if (page is not null)
        {
            byte[] content = Encoding.UTF8.GetBytes(ComparisonPage.Of(RunComparisonOverview.Of(runs)));
            page.Write(file => file.Write(content));
        }

        if (page is { IsStandardOutput: true })
            return;
        if (Each)
            PrintEach(runs);
        else if (RunComparison.IsPossible(runs))
            PrintPredictions(RunComparison.Of(runs));
        else
            OverviewAnswer.Print(RunComparisonOverview.Of(runs), Json);
        if (page is not null && !Json)
            Console.Out.WriteLine($"Page: {Html}");
    }

    private void PrintEach(string[] runs)
    {
        IReadOnlyList<RunTableRow> rows = RunTable.Read(runs);
        if (Json)
            JsonResult.Write(new { rows });
        else
            Console.Out.Write(RunTable.Markdown(rows));
    }

    private void PrintPredictions(RunComparison comparison)
    {
        if (Json)
            JsonResult.Write(comparison);
        else
            Console.Out.Write(comparison.Table());
    }
}
