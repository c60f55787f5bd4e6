using CommandLine;
using DdmNative.Attribution.Runs;

namespace DdmNative.Cli.Verbs;

[Verb("compare", HelpText = "Print one Markdown table of how well the methods of several validated runs predicted exact retraining.")]
internal sealed class CompareVerb : IVerb
{
    [Value(0, Required = true, MetaName = "RUN…", HelpText = "Run folders, e.g. of one job with different seeds.")]
    public IEnumerable<string> Runs { get; set; } = [];

    public void Run(CancellationToken stop) => Console.Out.Write(RunComparison.Table([.. Runs]));
}
