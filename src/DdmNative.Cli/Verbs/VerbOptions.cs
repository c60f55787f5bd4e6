using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

/// <summary>One word of the command line, with its options as properties; these are every verb's: how it tells about its work and its result.</summary>
internal abstract class VerbOptions
{
    [Option("json", HelpText = "Print one JSON object with the result, or with the error, on standard output; everything else goes to standard error.")]
    public bool Json { get; set; }

    [Option("quiet", HelpText = "Nothing but errors on standard error: --log-level error.")]
    public bool Quiet { get; set; }

    [Option(LogSettings.LevelOption, MetaValue = "LEVEL", HelpText = "What goes to standard error: error, warning, info or debug. Default: info.")]
    public string? LogLevel { get; set; }

    [Option(LogSettings.FormatOption, MetaValue = "FORMAT", HelpText = "How it goes there: text, or json with one object on each line. Default: text.")]
    public string? LogFormat { get; set; }

    /// <summary>The environment, which has its say wherever the command line has none.</summary>
    public DdmEnvironment Variables { get; private set; } = DdmEnvironment.None;

    /// <summary>What goes to standard error.</summary>
    /// <exception cref="BadUsageException">An option is wrong.</exception>
    public LogSettings Log => LogSettings.From(LogLevel, LogFormat, Quiet);

    /// <summary>The options that the command line gives, by their names.</summary>
    public IReadOnlySet<string> Given { get; internal set; } = new HashSet<string>();

    /// <summary>Where the fields of the verb's job come from; null before there is a job, and in verbs that have none.</summary>
    protected JobOrigin? Origin { get; private set; }

    /// <summary>What ended the verb, told by the names under which the user knows what is at fault.</summary>
    public Exception Named(Exception e) => e is BadInputException { JobField: not null } fault && Origin is not null ? Origin.Locate(fault)
        : e;

    /// <summary>Takes from the environment what the command line leaves open.</summary>
    /// <exception cref="BadUsageException">A variable's value is wrong.</exception>
    public void Take(DdmEnvironment environment)
    {
        Variables = environment;
        environment.Fill(this, except: Quiet ? LogSettings.LevelOption : "");
    }

    /// <summary>
    /// Refuses a job that cannot be carried out, by the name of the option, the variable or the file that the value came from.
    /// </summary>
    /// <param name="job">The job with everything in it.</param>
    /// <param name="file">The file that the job was found in; null for none.</param>
    /// <param name="lines">What a job file says where; null where the file is a <c>run.json</c>.</param>
    /// <param name="goal">How far the job is taken.</param>
    /// <exception cref="BadUsageException">A field is out of range.</exception>
    protected void Check(Job job, string? file, JsonFieldLines? lines, RunGoal goal)
    {
        var origin = new JobOrigin(this, job, file, lines);
        Origin = origin;
        JobRules.Check(job, (field, found, expected)
            => new BadUsageException($"{origin.NameOf(field)}: found {found}, expected {expected}. {origin.RemedyFor(field)}".TrimEnd()),
            goal);
    }

    /// <summary>Does it; the result goes to standard output, all else to standard error.</summary>
    public abstract void Do(CancellationToken stop);
}
