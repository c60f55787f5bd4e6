using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("run", HelpText = "Do everything that a job file requests, and reuse what the run folder already contains.")]
internal sealed class RunVerb : RunOptions
{
    private JsonFieldLines? _lines;

    [Value(0, MetaName = "job.json", HelpText = "The job, or - for standard input; docs/formats.md describes its fields.")]
    public string JobPath { get; set; } = "";

    [Option("run", MetaValue = "DIR",
        HelpText = "The run folder; created if it does not exist, resumed if it does. Required, except with --schema.")]
    public override string Run { get; set; } = "";

    [Option("schema", HelpText = "Print the job file's JSON Schema, for editors, and for checking jobs before they are submitted.")]
    public bool Schema { get; set; }

    [Option("dry-run",
        HelpText = "Write nothing; print which stages would run, and an estimate of each stage's time on this machine. Default: run the "
            + "stages.")]
    public bool DryRun { get; set; }

    [Option("upto", Default = "everything", MetaValue = "NAME",
        HelpText = "Stop after this goal: train, distill, attribute, validate, evaluate or everything. Use it to prepare shards.")]
    public string UpToName { get; set; } = "everything";

    [Option("compare-pytorch", HelpText = "Also time PyTorch (from /usr/bin/python3) retraining one model after another.")]
    public bool ComparePyTorch { get; set; }

    protected override RunSettings Settings => base.Settings with
    {
        PyTorch = ComparePyTorch ? new PyTorchBaseline("/usr/bin/python3", Script(), Threads ?? Environment.ProcessorCount) : null,
    };

    protected override bool Answer()
    {
        if (Schema)
            Console.Out.Write(JobSchema.Text);
        else if (JobPath.Length == 0 || Run.Length == 0)
            throw new BadUsageException(
                "Specify the job file and the run folder: ddm run job.json --run DIR. (ddm run --schema prints the job file's schema.)");
        return Schema;
    }

    protected override bool IsPlanned => DryRun;

    protected override void Print(IAnsiConsole console, RunSummary result) => EverythingAnswer.Write(console, result);

    protected override string? JobFileName => JobPath;

    protected override JsonFieldLines? Lines => _lines;

    /// <summary>The goals for <c>--upto</c>. Unlearning is not one of them: the job or the verb <c>unlearn</c> requests it.</summary>
    public static IReadOnlyDictionary<string, RunGoal> Goals { get; } = Enum.GetValues<RunGoal>().Where(goal => goal != RunGoal.Unlearn)
        .ToDictionary(goal => goal.ToString().ToLowerInvariant());

    protected override RunGoal Goal => Goals.TryGetValue(UpToName, out RunGoal goal) ? goal
        : throw new BadUsageException(
            $"--upto: found '{UpToName}', expected {string.Join(", ", Goals.Keys.SkipLast(1))} or {Goals.Keys.Last()}.");

    protected override Job? ReadJob(CancellationToken stop) => JobFile.Read(JobPath, out _lines, stop);

    protected override Job Apply(Job job) => job;

    /// <summary>The path of the baseline's script, which is in the source tree, above the program's folder.</summary>
    private static string Script()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string script = Path.Combine(folder, "benchmarks", "pytorch", "retraining.py");
            if (File.Exists(script))
                return script;
        }

        throw new BadUsageException(
            "--compare-pytorch: benchmarks/pytorch/retraining.py is not in a folder above the program; run ddm from its source tree "
            + "(build/ddm).");
    }
}
