using System.Diagnostics;
using System.Globalization;
using CommandLine;
using DdmNative.GpuCheck;
using Xunit.Abstractions;

using var parser = new Parser(settings =>
{
    settings.HelpWriter = Console.Error;
    settings.ParsingCulture = CultureInfo.InvariantCulture;
});
return parser.ParseArguments<Settings>(args).MapResult(Run, _ => 2);

// 0: all passed; 1: one failed, none ran, or the time was over.
static int Run(Settings settings)
{
    var watch = Stopwatch.StartNew();
    var assembly = new TestAssembly(settings.Assembly);
    IReadOnlyList<ITestCase> cases = assembly.Find();
    ITestCase[] chosen = CaseSample.Take(cases.Where(one => settings.IsWanted(TestAssembly.NameOf(one.TestMethod))), settings.Sample);
    Console.Out.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{chosen.Length} test cases of {cases.Count}, found in {watch.Elapsed.TotalSeconds:0.0} s"));
    var results = new TestResults();
    bool ended = assembly.Run(chosen, results, TimeSpan.FromSeconds(settings.Seconds));
    if (settings.Json is not null)
        results.WriteJson(settings.Json, ended, watch.Elapsed.TotalSeconds);
    Console.Out.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{(ended ? "ended after" : "stopped at the limit of")} {watch.Elapsed.TotalSeconds:0.0} s"));
    results.Write(Console.Out);
    Console.Out.Flush();
    // Tests that still run would keep the process: it ends without them.
    Environment.Exit(ended && results is { Failed: 0, Passed: > 0 } ? 0 : 1);
    return 1;
}
