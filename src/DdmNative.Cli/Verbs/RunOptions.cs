using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Sharding;
using DdmNative.Cli.Output;
using DdmNative.Runs.Summaries;

namespace DdmNative.Cli.Verbs;

/// <summary>
/// What every verb that works on a run folder understands. An option that is given overrides what the folder's <c>run.json</c> says; one that is not given
/// leaves it; in a new folder the defaults are the measured recipe.
/// </summary>
internal abstract class RunOptions : WorkOptions
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder: made where there is none, gone on with where there is one.")]
    public virtual string Run { get; set; } = "";

    [Sets("data.source")]
    [Option("data", MetaValue = "SPEC", HelpText = "A folder with IDX, CIFAR binary, npz or image files, the name of a set that `ddm data fetch` has brought, or generated:classes=4,per-class=40,… Needed in a new run folder, which remembers it as an absolute path; later it says where the same data are now.")]
    public string? Data { get; set; }

    [Sets("seed")]
    [Option("seed", MetaValue = "N", HelpText = "Decides everything random. Default: 1.")]
    public ulong? Seed { get; set; }

    [Option("shard", MetaValue = "I/N", HelpText = "Do the I-th of N shares of the work (I from 1) in a run folder of its own; `ddm merge` puts the N folders together (docs/clusters.md). Default: all of it.")]
    public string? Shard { get; set; }

    [Option("from", MetaValue = "DIR", HelpText = "Take over what this other run of the same data has finished; it is only read. Default: none.")]
    public string? From { get; set; }

    private string? _file;

    public override void Do(CancellationToken stop)
    {
        if (Answer())
            return;
        Job job = Apply(Variables.Apply(Known(stop)));
        job = job with { Seed = Seed ?? job.Seed, Data = job.Data with { Source = Data ?? job.Data.Source } };
        Check(job, _file, Lines, Upto);
        RunSettings settings = Settings with { Overrides = Variables.InForce(job), Given = Origin!.Given };
        if (IsPlanned)
        {
            using Compute.Device planned = OpenDevice();
            PlanWriter.Write(RunPlan.Make(Run, job, Upto, settings, planned), Json);
            return;
        }

        RunSummary result = Carried((device, progress) =>
        {
            if (NoteOn(job) is string note)
                progress.Note(note);
            return Runner.Run(Run, job, Upto, settings, device, progress, stop);
        });
        Finish();
        ResultWriter.Write(result, Json);
    }

    /// <summary>Answers a question that needs no run, such as what there is to choose from; false where none was asked.</summary>
    protected virtual bool Answer() => false;

    /// <summary>Whether the run is only to be planned.</summary>
    protected virtual bool IsPlanned => false;

    /// <summary>What the user should know of the job before it begins; null where that is nothing.</summary>
    protected virtual string? NoteOn(Job job) => null;

    /// <summary>What the verb does beside the run once that is finished.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>How the run is carried out.</summary>
    protected override RunSettings Settings => base.Settings with { Shard = ShardOf(Shard), From = From };

    /// <summary>The last stages that the verb asks for.</summary>
    protected abstract RunGoal Upto { get; }

    /// <summary>A whole job that takes the place of the folder's; null for verbs that change parts of it.</summary>
    protected virtual Job? Whole(CancellationToken stop) => null;

    /// <summary>The job with this verb's own options.</summary>
    protected abstract Job Apply(Job job);

    /// <summary>The file that a whole job comes from, and what it says where; null for verbs that change parts of the folder's.</summary>
    protected virtual string? JobFileName => null;

    /// <summary>What the job file says where.</summary>
    protected virtual JsonFieldLines? Lines => null;

    private Shard? ShardOf(string? text)
    {
        if (text is null)
            return null;
        if (Upto is RunGoal.Train or RunGoal.Distill or RunGoal.Unlearn)
            throw new BadUsageException("--shard: this verb's work is one piece; attribute, validate, evaluate and run can be shared out.");
        return Attribution.Sharding.Shard.Parse(text) ?? throw new BadUsageException($"--shard: found '{text}', expected I/N with I from 1 to N, such as 3/8.");
    }

    /// <summary>The job before environment and command line have had their say.</summary>
    private Job Known(CancellationToken stop)
    {
        Job? known = Whole(stop) ?? RunFolder.Peek(Run)?.Job;
        _file = JobFileName ?? (known is null ? null : Path.Combine(Run, "run.json"));
        if (known is null && Data is null && !Variables.NamesData)
            throw new BadUsageException($"{Run} is a new run: name its data with --data DIR, or --data generated:… to try things out.");
        return known ?? new Job { Data = new JobData { Source = "" } };
    }
}
