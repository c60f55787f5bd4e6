using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("compare", HelpText = "Print one Markdown table, or JSON object, of how well the methods of several validated runs predicted exact retraining.")]
internal sealed class CompareVerb : VerbOptions
{
    [Value(0, Required = true, MetaName = "RUN…", HelpText = "Run folders, e.g. of one job with different seeds.")]
    public IEnumerable<string> Runs { get; set; } = [];

    public override void Do(CancellationToken stop)
    {
        var comparison = RunComparison.Of([.. Runs]);
        if (Json)
            JsonResult.Write(comparison);
        else
            Console.Out.Write(comparison.Table());
    }
}
