using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

[Verb("report", HelpText = "Write a run's report.html again, a self-contained page for a browser.")]
internal sealed class ReportVerb : VerbOptions
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; its attribution must be finished.")]
    public string Folder { get; set; } = "";

    [Option("data", MetaValue = "SPEC",
        HelpText = "The current location of the run's data; the run stores it. Default: the stored location.")]
    public string? Data { get; set; }

    [Option("target", MetaValue = "FILE", HelpText = "The same for its target, a network trained elsewhere. Default: the stored location.")]
    public string? Target { get; set; }

    [Option("trajectory", MetaValue = "DIR",
        HelpText = "The same for the checkpoints of the target's training. Default: the stored location.")]
    public string? Trajectory { get; set; }

    [Option("name-map", MetaValue = "FILE", HelpText = "The same for the map of the target's tensor names. Default: the stored location.")]
    public string? NameMap { get; set; }

    [Option("groups", MetaValue = "FILE", HelpText = "The same for your own groups. Default: the stored location.")]
    public string? Groups { get; set; }

    [Sets(ClassNameList.Field)]
    [Option("class-names", MetaValue = "NAMES",
        HelpText = "A name for each class, in the order of the labels: a,b,c, or a file with one on each line; the run stores them. "
            + "Default: the stored names, or the data's own.")]
    public string? ClassNames { get; set; }

    public override void Execute(CancellationToken stop)
    {
        var places = new InputPlaces
        {
            Data = Data, Target = Target, Trajectory = Trajectory, NameMap = NameMap, Groups = Groups,
            ClassNames = ClassNames is null ? null : ClassNameList.Parse(ClassNames),
        };
        if (ClassNames is not null && RunFolder.Peek(Folder)?.Job is Job job)
            Check(job with { Data = job.Data with { ClassNames = places.ClassNames } }, Path.Combine(Folder, "run.json"), lines: null,
                RunGoal.Train);
        string report = Runner.WriteReport(Folder, places);
        if (Json)
            JsonResult.Write(new { run = Folder, report });
        else
            Console.Out.WriteLine(report);
    }
}
