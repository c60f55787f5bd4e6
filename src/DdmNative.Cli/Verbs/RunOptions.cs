using CommandLine;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Sharding;
using DdmNative.Cli.Output;
using DdmNative.Compute;

namespace DdmNative.Cli.Verbs;

/// <summary>
/// What every verb that works on a run folder understands. An option that is given overrides what the folder's <c>run.json</c> says; one that is not given
/// leaves it; in a new folder the defaults are the measured recipe.
/// </summary>
internal abstract class RunOptions : IVerb
{
    [Option("run", Required = true, MetaValue = "DIR", HelpText = "The run folder: made where there is none, gone on with where there is one.")]
    public virtual string Run { get; set; } = "";

    [Option("data", MetaValue = "SPEC", HelpText = "A folder with IDX, CIFAR binary or npz files, or generated:classes=4,per-class=40,… Needed in a new run folder.")]
    public string? Data { get; set; }

    [Option("seed", MetaValue = "N", HelpText = "Decides everything random. Default: 1.")]
    public ulong? Seed { get; set; }

    [Option("threads", MetaValue = "N", HelpText = "Threads of the CPU device; the results do not depend on it. Default: all cores.")]
    public int? Threads { get; set; }

    [Option("wave", MetaValue = "N", HelpText = "Models run together at most, in every stage; more take more memory. The results do not depend on it. Default: 8 in exact retraining, up to 64 elsewhere.")]
    public int? Wave { get; set; }

    [Option("device", Default = "cpu", MetaValue = "NAME", HelpText = "Where kernels run: cpu, cuda, cuda:1, or the ensemble shared by cuda:0,1 or cuda:all; see `ddm devices`.")]
    public string Device { get; set; } = "cpu";

    [Option("precision", MetaValue = "NAME", HelpText = "How a CUDA device multiplies: fp32, tf32 (tensor cores, errors of 1e-3) or tf32x3 (tensor cores, float32's errors). Default: fp32.")]
    public string? Precision { get; set; }

    [Option("shard", MetaValue = "I/N", HelpText = "Do the I-th of N shares of the work (I from 1) in a run folder of its own; `ddm merge` puts the N folders together (docs/clusters.md).")]
    public string? Shard { get; set; }

    [Option("from", MetaValue = "DIR", HelpText = "Take over what this other run of the same data has finished; it is only read.")]
    public string? From { get; set; }

    [Option("json", HelpText = "Print one JSON object with the result on standard output, and everything else on standard error.")]
    public bool Json { get; set; }

    [Option("quiet", HelpText = "No progress.")]
    public bool Quiet { get; set; }

    void IVerb.Run(CancellationToken stop)
    {
        if (Answer())
            return;
        Job job = Whole() ?? JobFrom(RunFolder.Peek(Run)?.Job);
        if (Seed is not null || Data is not null)
            job = job with { Seed = Seed ?? job.Seed, Data = job.Data with { Source = Data ?? job.Data.Source } };
        JobRules.Check(job, (field, found, expected) => new BadUsageException($"{OptionOf(field)}: found {found}, expected {expected}."));
        if (Wave is < 1 or > 100_000)
            throw new BadUsageException($"--wave: found {Wave}, expected a whole number from 1 to 100000.");
        using Device device = DeviceList.Open(Device, Threads, Precision);
        using ProgressView progress = ProgressView.For(Quiet);
        RunSummary result = Runner.Run(Run, job, Upto, Settings, device, progress, stop);
        progress.Dispose();
        foreach (string line in Quiet ? [] : DeviceList.MemoryUse(device))
            Console.Error.WriteLine(line);
        ResultWriter.Write(result, Json);
    }

    /// <summary>Answers a question that needs no run, such as what there is to choose from; false where none was asked.</summary>
    protected virtual bool Answer() => false;

    /// <summary>How the run is carried out.</summary>
    protected virtual RunSettings Settings => new() { Wave = Wave ?? new RunSettings().Wave, LargestWave = Wave, Shard = ShardOf(Shard), From = From };

    /// <summary>The last stages that the verb asks for.</summary>
    protected abstract RunGoal Upto { get; }

    /// <summary>A whole job that takes the place of the folder's; null for verbs that change parts of it.</summary>
    protected virtual Job? Whole() => null;

    /// <summary>The job with this verb's own options.</summary>
    protected abstract Job Apply(Job job);

    private Shard? ShardOf(string? text)
    {
        if (text is null)
            return null;
        if (Upto is RunGoal.Train or RunGoal.Distill or RunGoal.Unlearn)
            throw new BadUsageException("--shard: this verb's work is one piece; attribute, validate, evaluate and run can be shared out.");
        return Attribution.Sharding.Shard.Parse(text) ?? throw new BadUsageException($"--shard: found '{text}', expected I/N with I from 1 to N, such as 3/8.");
    }

    private Job JobFrom(Job? known)
    {
        if (known is null && Data is null)
            throw new BadUsageException($"{Run} is a new run: name its data with --data DIR, or --data generated:… to try things out.");
        return Apply(known ?? new Job { Data = new JobData { Source = Data! } });
    }

    /// <summary><c>training.batch_size</c> as the user wrote it: the last word, in the options' spelling.</summary>
    private static string OptionOf(string field) => "--" + field[(field.LastIndexOf('.') + 1)..].Replace('_', '-');
}
