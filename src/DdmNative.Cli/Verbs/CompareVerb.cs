using CommandLine;
using DdmNative.Cli.Output;
using DdmNative.Runs.Summaries;

namespace DdmNative.Cli.Verbs;

[Verb("compare",
    HelpText = "Print one Markdown table, or JSON object, of how well the methods of several validated runs predicted exact retraining.")]
internal sealed class CompareVerb : VerbOptions
{
    [Value(0, Required = true, MetaName = "RUN…", HelpText = "Run folders, e.g. of one job with different seeds.")]
    public IEnumerable<string> Runs { get; set; } = [];

    [Option("each",
        HelpText = "Print a line for each run and method, with the run's size and length of training; for runs of different jobs. "
            + "Default: the mean over the runs.")]
    public bool Each { get; set; }

    public override void Execute(CancellationToken stop)
    {
        if (Each)
        {
            IReadOnlyList<RunTableRow> rows = RunTable.Read([.. Runs]);
            if (Json)
                JsonResult.Write(new { rows });
            else
                Console.Out.Write(RunTable.Markdown(rows));
            return;
        }

        var comparison = RunComparison.Of([.. Runs]);
        if (Json)
            JsonResult.Write(comparison);
        else
            Console.Out.Write(comparison.Table());
    }
}
