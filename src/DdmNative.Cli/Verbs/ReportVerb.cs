using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("report", HelpText = "Write a run's report.html again: one file for a browser that needs nothing else.")]
internal sealed class ReportVerb : VerbOptions
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; its attribution must be finished, and its data set where it was.")]
    public string Folder { get; set; } = "";

    public override void Do(CancellationToken stop)
    {
        string report = Runner.WriteReport(Folder);
        if (Json)
            JsonResult.Write(new { run = Folder, report });
        else
            Console.Out.WriteLine(report);
    }
}
