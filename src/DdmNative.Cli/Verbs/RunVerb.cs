using CommandLine;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

[Verb("run", HelpText = "Do everything that a job file asks for, going on from what the run folder holds already.")]
internal sealed class RunVerb : RunOptions
{
    private JsonFieldLines? _lines;

    [Value(0, MetaName = "job.json", HelpText = "The job, or - for standard input; docs/formats.md describes its fields.")]
    public string JobPath { get; set; } = "";

    [Option("run", MetaValue = "DIR", HelpText = "The run folder: made where there is none, gone on with where there is one. Needed, but for --schema.")]
    public override string Run { get; set; } = "";

    [Option("schema", HelpText = "Print the job file's JSON Schema, for editors and for checking jobs before they are sent off.")]
    public bool Schema { get; set; }

    [Option("dry-run", HelpText = "Write nothing: say which stages would be done, and about how long each takes on this machine. Default: do them.")]
    public bool DryRun { get; set; }

    [Option("upto", Default = "everything", MetaValue = "NAME", HelpText = "Go no further: train, distill, attribute, validate, evaluate or everything. What shards are prepared with.")]
    public string UpToName { get; set; } = "everything";

    [Option("compare-pytorch", HelpText = "Also time PyTorch (from /usr/bin/python3) retraining one model after the other.")]
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
            throw new BadUsageException("Name the job file and the run folder: ddm run job.json --run DIR. (ddm run --schema prints what a job file may say.)");
        return Schema;
    }

    protected override bool IsPlanned => DryRun;

    protected override string? JobFileName => JobPath;

    protected override JsonFieldLines? Lines => _lines;

    /// <summary>The goals that <c>--upto</c> takes; unlearning is the job's, or the verb's of that name.</summary>
    public static IReadOnlyDictionary<string, RunGoal> Goals { get; } = Enum.GetValues<RunGoal>().Where(goal => goal != RunGoal.Unlearn).ToDictionary(goal => goal.ToString().ToLowerInvariant());

    protected override RunGoal Upto => Goals.TryGetValue(UpToName, out RunGoal goal) ? goal
        : throw new BadUsageException($"--upto: found '{UpToName}', expected {string.Join(", ", Goals.Keys.SkipLast(1))} or {Goals.Keys.Last()}.");

    protected override Job? Whole(CancellationToken stop) => JobFile.Read(JobPath, out _lines, stop);

    protected override Job Apply(Job job) => job;

    /// <summary>The baseline's script lies in the source tree, above the folder of the program.</summary>
    private static string Script()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string script = Path.Combine(folder, "benchmarks", "pytorch", "retraining.py");
            if (File.Exists(script))
                return script;
        }

        throw new BadUsageException("--compare-pytorch: benchmarks/pytorch/retraining.py is not above the program; run ddm from its source tree (build/ddm).");
    }
}
