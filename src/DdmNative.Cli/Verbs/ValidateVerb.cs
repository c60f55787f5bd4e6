using System.Globalization;
using CommandLine;
using DdmNative.Attribution.Methods;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("validate", HelpText = "Retrain without groups, and compare the attribution with these exact effects.")]
internal sealed class ValidateVerb : GroupedOptions
{
    [Sets("validation.groups")]
    [Option("count", MetaValue = "N|all", HelpText = "Groups to retrain without, spread over the classes. Default: all.")]
    public string? Count { get; set; }

    [Sets("validation.seeds")]
    [Option("seeds", MetaValue = "N", HelpText = "Seeds to average the effects over. Default: 1.")]
    public int? Seeds { get; set; }

    protected override RunGoal Goal => RunGoal.Validate;

    protected override void Print(IAnsiConsole console, RunSummary result) => ValidatedAnswer.Write(console, result);

    protected override Job Apply(Job job) => ApplyGroups(job) with
    {
        // Exact retraining leaves out groups.
        Attribution = job.Attribution with { Granularity = Granularity.Group },
        Validation = job.Validation with { Groups = GroupsIn(job), Seeds = Seeds ?? job.Validation.Seeds },
    };

    protected override string? NoteOn(Job job) => NoteOnGranularity;

    private int? GroupsIn(Job job)
    {
        if (Count is null)
            return job.Validation.Groups == 0 ? null : job.Validation.Groups;
        if (Count == "all")
            return null;
        return int.TryParse(Count, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count
            : throw new BadUsageException($"--count: found '{Count}', expected a whole number from 1, or all.");
    }
}
