using CommandLine;
using DdmNative.Attribution.Runs;

namespace DdmNative.Cli.Verbs;

[Verb("report", HelpText = "Write a run's report.html again: one file for a browser that needs nothing else.")]
internal sealed class ReportVerb : IVerb
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; its attribution must be finished, and its data set where it was.")]
    public string Folder { get; set; } = "";

    public void Run(CancellationToken stop) => Console.Out.WriteLine(Runner.WriteReport(Folder));
}
