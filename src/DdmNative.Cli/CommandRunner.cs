using DdmNative.Attribution.Formats;
using DdmNative.Cli.Output;
using DdmNative.Cli.Telemetry;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>Finds the verb, runs it, and converts every exception into an exit code and one line that says what to do.</summary>
internal static class CommandRunner
{
    internal static readonly Type[] VerbTypes =
        [typeof(TrainVerb), typeof(DistillVerb), typeof(AttributeVerb), typeof(ValidateVerb), typeof(EvaluateVerb), typeof(ExperimentVerb),
        typeof(UnlearnVerb), typeof(RunVerb), typeof(MergeVerb), typeof(ReportVerb), typeof(ExportVerb), typeof(CompareVerb),
        typeof(DataVerb), typeof(ProfileVerb), typeof(DevicesVerb), typeof(CompletionVerb), typeof(HelpVerb)];

    public static int Run(string[] args)
    {
        Terminal.Guard(
            new RefusableWriter(Console.Out,
            e => throw new DiskException("standard output", e, "Redirect it to a path that can be written")),
            new RefusableWriter(Console.Error, _ => { }));
        try
        {
            return Execute(args);
        }
        catch (DiskException e)
        {
            var failure = Failure.From(e);
            failure.Write(json: false, IsJson(FormatIn(args)));
            return failure.Code;
        }
    }

    private static int Execute(string[] args)
    {
        // Whoever types only the name asks what there is, as in cargo.
        if (args.Length == 0)
            args = [HelpVerb.Name];
        // A request for help is answered even if the rest of the line is wrong.
        if (args.TakeWhile(argument => argument != "--").Any(argument => argument is "--help" or "-h"))
            args = args[0].StartsWith('-') ? [HelpVerb.Name] : [HelpVerb.Name, args[0]];
        (VerbOptions? verb, IReadOnlyList<string> faults) = CommandLineReader.Read(args);
        if (verb is not null)
            return Run(verb);
        string message = UsageErrors.Explain(args.FirstOrDefault(), faults);
        new Failure(ExitCode.BadUsage, message).Write(args.Contains("--json"), IsJson(FormatIn(args)), text: message);
        return ExitCode.BadUsage;
    }

    private static int Run(VerbOptions verb)
    {
        using var interruption = new Interruption();
        using var export = TelemetryExport.Begin(verb);
        try
        {
            verb.FillFrom(DdmEnvironment.From(Environment.GetEnvironmentVariables()));
            _ = verb.Log;
            verb.Execute(interruption.Token);
            export?.End(ExitCode.Done, null);
            return ExitCode.Done;
        }
        catch (Exception e)
        {
            var failure = Failure.From(verb.Locate(e));
            failure = failure with { Message = verb.Variables.Naming(failure.Message) };
            failure.Write(verb.Json, IsJson(verb.LogFormat));
            export?.End(failure.Code, e);
            return failure.Code;
        }
    }

    /// <summary>
    /// Whether errors are written as JSON: the option decides, otherwise its environment variable. Neither has been validated yet.
    /// </summary>
    private static bool IsJson(string? format)
        => (format ?? Environment.GetEnvironmentVariable(DdmEnvironment.VariableForOption(LogSettings.FormatOption)))
            == LogSettings.JsonFormat;

    /// <summary>The log format that unparsed arguments request; null if there is none.</summary>
    private static string? FormatIn(string[] args)
    {
        const string Option = "--" + LogSettings.FormatOption;
        int at = Array.FindIndex(args, argument => argument == Option || argument.StartsWith(Option + "=", StringComparison.Ordinal));
        return at < 0 ? null : args[at] == Option ? args.ElementAtOrDefault(at + 1) : args[at][(Option.Length + 1)..];
    }
}
