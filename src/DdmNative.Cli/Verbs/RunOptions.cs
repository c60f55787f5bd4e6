using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Sharding;
using DdmNative.Cli.Output;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

/// <summary>
/// The options of every verb that works on a run folder. An option overrides the folder's <c>run.json</c>; an option that is not given
/// leaves the value unchanged. In a new folder the defaults are the best measured settings.
/// </summary>
internal abstract class RunOptions : WorkOptions
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder; created if it does not exist, resumed if it does.")]
    public virtual string Run { get; set; } = "";

    [Sets("data.source")]
    [Option("data", MetaValue = "SPEC",
        HelpText = "A folder with IDX, CIFAR binary, npz or image files, an npz file with features of any model, the name of a dataset "
            + "that `ddm data fetch` has downloaded, or generated:classes=4,per-class=40,… Required in a new run folder, "
            + "which stores it as an absolute path; later it sets the new location of the same data.")]
    public string? Data { get; set; }

    [Sets(ClassNameList.Field)]
    [Option("class-names", MetaValue = "NAMES",
        HelpText = "A name for each class, in the order of the labels: a,b,c, or a file with one on each line. Results do not depend on "
            + "them, and nothing is recomputed. Default: the data's own names.")]
    public string? ClassNames { get; set; }

    [Sets("seed")]
    [Option("seed", MetaValue = "N", HelpText = "The seed of all random numbers. Default: 1.")]
    public ulong? Seed { get; set; }

    [Option("shard", MetaValue = "I/N",
        HelpText = "Do the I-th of N shares of the work (I from 1) in its own run folder; `ddm merge` merges the N folders "
            + "(docs/clusters.md). Default: all of the work.")]
    public string? Shard { get; set; }

    [Option("from", MetaValue = "DIR",
        HelpText = "Reuse the finished results of this other run on the same data; it is not changed. Default: none.")]
    public string? From { get; set; }

    private string? _file;

    public override void Execute(CancellationToken stop)
    {
        if (Answer())
            return;
        Job job = Apply(Variables.Apply(FindJob(stop)));
        job = job with
        {
            Seed = Seed ?? job.Seed,
            Data = job.Data with
            {
                Source = Data ?? job.Data.Source,
                ClassNames = ClassNames is null ? job.Data.ClassNames : ClassNameList.Parse(ClassNames),
            },
        };
        Check(job, _file, Lines, Goal);
        RunSettings settings = Settings with { Overrides = Variables.InForce(job), Given = Origin!.Given };
        if (IsPlanned)
        {
            using Compute.Device planned = OpenDevice();
            PlanWriter.Write(RunPlan.Make(Run, job, Goal, settings, planned), Json);
            return;
        }

        RunSummary result = RunWithProgress((device, progress) =>
        {
            if (NoteOn(job) is string note)
                progress.Note(note);
            return Runner.Run(Run, job, Goal, settings, device, progress, stop);
        });
        Finish();
        ResultWriter.Write(result, Json, Print);
    }

    /// <summary>Answers a request that needs no run, such as a list of methods; false if there is no such request.</summary>
    protected virtual bool Answer() => false;

    /// <summary>Whether the run is only planned.</summary>
    protected virtual bool IsPlanned => false;

    /// <summary>A note about the job, shown before it starts; null for none.</summary>
    protected virtual string? NoteOn(Job job) => null;

    /// <summary>Writes the verb's own answer for people.</summary>
    protected abstract void Print(IAnsiConsole console, RunSummary result);

    /// <summary>Additional work of the verb after the run.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>The settings that control how the run is carried out.</summary>
    protected override RunSettings Settings => base.Settings with { Shard = ShardOf(Shard), From = From };

    /// <summary>The stages up to which the verb runs.</summary>
    protected abstract RunGoal Goal { get; }

    /// <summary>A complete job that replaces the folder's; null for verbs that change parts of it.</summary>
    protected virtual Job? ReadJob(CancellationToken stop) => null;

    /// <summary>Applies this verb's own options to the job.</summary>
    protected abstract Job Apply(Job job);

    /// <summary>The file that a complete job comes from; null for verbs that change parts of the folder's job.</summary>
    protected virtual string? JobFileName => null;

    /// <summary>The lines of the job file's fields.</summary>
    protected virtual JsonFieldLines? Lines => null;

    private Shard? ShardOf(string? text)
    {
        if (text is null)
            return null;
        if (Goal is RunGoal.Train or RunGoal.Distill or RunGoal.Unlearn)
            throw new BadUsageException(
                "--shard: this verb's work cannot be divided; use --shard with attribute, validate, evaluate or run.");
        return Attribution.Sharding.Shard.Parse(text)
            ?? throw new BadUsageException($"--shard: found '{text}', expected I/N with I from 1 to N, such as 3/8.");
    }

    /// <summary>The job before environment and command line are applied.</summary>
    private Job FindJob(CancellationToken stop)
    {
        Job? known = ReadJob(stop) ?? RunFolder.Peek(Run)?.Job;
        _file = JobFileName ?? (known is null ? null : Path.Combine(Run, "run.json"));
        if (known is null && Data is null && !Variables.NamesData)
            throw new BadUsageException($"{Run} is a new run: specify its data with --data DIR, or --data generated:… for a trial.");
        return known ?? new Job { Data = new JobData { Source = "" } };
    }
}
