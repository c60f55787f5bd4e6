using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;

namespace DdmNative.Cli.Verbs;

/// <summary>
/// A verb with its options as properties. This class has the options of every verb: the log and the format of the result.
/// </summary>
internal abstract class VerbOptions
{
    [Option("json",
        HelpText = "Print one JSON object with the result, or with the error, on standard output; everything else goes to standard error.")]
    public bool Json { get; set; }

    [Option("quiet", HelpText = "Write only errors to standard error; the same as --log-level error.")]
    public bool Quiet { get; set; }

    [Option(LogSettings.LevelOption, MetaValue = "LEVEL",
        HelpText = "The lowest level that is written to standard error: error, warning, info or debug. Default: info.")]
    public string? LogLevel { get; set; }

    [Option(LogSettings.FormatOption, MetaValue = "FORMAT",
        HelpText = "The format of standard error: text, or json with one object per line. Default: text.")]
    public string? LogFormat { get; set; }

    /// <summary>The environment variables, which apply where the command line sets nothing.</summary>
    public DdmEnvironment Variables { get; private set; } = DdmEnvironment.None;

    /// <summary>The settings of the log on standard error.</summary>
    /// <exception cref="BadUsageException">An option is wrong.</exception>
    public LogSettings Log => LogSettings.From(LogLevel, LogFormat, Quiet);

    /// <summary>The names of the options on the command line.</summary>
    public IReadOnlySet<string> Given { get; internal set; } = new HashSet<string>();

    /// <summary>Where the fields of the verb's job come from; null before there is a job, and in verbs without one.</summary>
    protected JobOrigin? Origin { get; private set; }

    /// <summary>Replaces an error about a job's field by one that names the field as the user wrote it.</summary>
    public Exception Locate(Exception e) => e is BadInputException { JobField: not null } fault && Origin is not null ? Origin.Locate(fault)
        : e;

    /// <summary>Sets the options that the command line leaves open from the environment.</summary>
    /// <exception cref="BadUsageException">A variable's value is wrong.</exception>
    public void FillFrom(DdmEnvironment environment)
    {
        Variables = environment;
        environment.Fill(this, except: Quiet ? LogSettings.LevelOption : "");
    }

    /// <summary>Rejects an invalid job with a message that names the option, variable or file of the wrong value.</summary>
    /// <param name="job">The complete job.</param>
    /// <param name="file">The file that contains the job; null for none.</param>
    /// <param name="lines">The lines of the job file's fields; null if the file is a <c>run.json</c>.</param>
    /// <param name="goal">The last goal of the run.</param>
    /// <exception cref="BadUsageException">A field is out of range.</exception>
    protected void Check(Job job, string? file, JsonFieldLines? lines, RunGoal goal)
    {
        var origin = new JobOrigin(this, job, file, lines);
        Origin = origin;
        JobRules.Check(job, (field, found, expected)
            => new BadUsageException($"{origin.NameOf(field)}: found {found}, expected {expected}. {origin.RemedyFor(field)}".TrimEnd()),
            goal);
    }

    /// <summary>Runs the verb. The result is written to standard output, everything else to standard error.</summary>
    public abstract void Execute(CancellationToken stop);
}
