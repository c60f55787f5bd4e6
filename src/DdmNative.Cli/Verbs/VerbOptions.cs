using CommandLine;
using DdmNative.Attribution.Runs.Jobs;
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

    /// <summary>Takes from the environment what the command line leaves open.</summary>
    /// <exception cref="BadUsageException">A variable's value is wrong.</exception>
    public void Take(DdmEnvironment environment)
    {
        Variables = environment;
        environment.Fill(this, except: Quiet ? LogSettings.LevelOption : "");
    }

    /// <summary>Refuses a job that cannot be carried out, by the name of the variable or option that the value came from.</summary>
    /// <param name="job">The job with everything in it.</param>
    /// <param name="named">Names a field as the user gave it, where it came from no variable.</param>
    /// <exception cref="BadUsageException">A field is out of range.</exception>
    protected void Check(Job job, Func<string, string> named)
        => JobRules.Check(job, (field, found, expected) => new BadUsageException($"{Variables.VariableOf(field, job) ?? named(field)}: found {found}, expected {expected}."));

    /// <summary>The option of a job's field: <c>training.batch_size</c> is that of its last word.</summary>
    protected static string OptionOf(string field) => "--" + field[(field.LastIndexOf('.') + 1)..].Replace('_', '-');

    /// <summary>Does it; the result goes to standard output, all else to standard error.</summary>
    public abstract void Do(CancellationToken stop);
}
