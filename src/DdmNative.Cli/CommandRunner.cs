using CommandLine;
using CommandLine.Text;
using DdmNative.Cli.Output;
using DdmNative.Cli.Telemetry;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>From arguments to an exit code: finds the verb, runs it, and turns every exception into one line that says what to do.</summary>
internal static class CommandRunner
{
    private static readonly Type[] VerbTypes =
        [typeof(TrainVerb), typeof(DistillVerb), typeof(AttributeVerb), typeof(ValidateVerb), typeof(EvaluateVerb), typeof(ExperimentVerb), typeof(UnlearnVerb), typeof(RunVerb), typeof(ReportVerb), typeof(CompareVerb), typeof(ProfileVerb), typeof(DevicesVerb)];

    public static int Run(string[] args)
    {
        using var parser = new Parser(settings =>
        {
            settings.HelpWriter = null;
            settings.ParsingCulture = System.Globalization.CultureInfo.InvariantCulture;
            settings.CaseInsensitiveEnumValues = false;
        });
        ParserResult<object> parsed = parser.ParseArguments(args, VerbTypes);
        if (parsed.Value is VerbOptions verb)
            return Run(verb);
        if (parsed.Errors.IsHelp() || parsed.Errors.IsVersion())
        {
            Console.Out.WriteLine(HelpOf(parsed));
            return ExitCode.Done;
        }

        var sentences = SentenceBuilder.Create();
        string message = string.Join(" ", parsed.Errors.Select(error => sentences.FormatError(error)));
        new Failure(ExitCode.BadUsage, message).Write(args.Contains("--json"), IsJson(FormatIn(args)), HelpOf(parsed));
        return ExitCode.BadUsage;
    }

    private static int Run(VerbOptions verb)
    {
        using var interruption = new Interruption();
        using var export = TelemetryExport.Begin(verb);
        try
        {
            verb.Take(DdmEnvironment.From(Environment.GetEnvironmentVariables()));
            _ = verb.Log;
            verb.Do(interruption.Token);
            export?.End(ExitCode.Done, null);
            return ExitCode.Done;
        }
        catch (Exception e)
        {
            var failure = Failure.From(e);
            failure = failure with { Message = verb.Variables.Naming(failure.Message) };
            failure.Write(verb.Json, IsJson(verb.LogFormat));
            export?.End(failure.Code, e);
            return failure.Code;
        }
    }

    /// <summary>Whether errors are to be JSON, by the option or, where it is not given, by its variable: also where neither has been found good yet.</summary>
    private static bool IsJson(string? format)
        => (format ?? Environment.GetEnvironmentVariable(DdmEnvironment.OfOption(LogSettings.FormatOption))) == LogSettings.JsonFormat;

    /// <summary>What arguments that are not understood say of the log's format.</summary>
    private static string? FormatIn(string[] args)
    {
        const string Option = "--" + LogSettings.FormatOption;
        int at = Array.FindIndex(args, argument => argument == Option || argument.StartsWith(Option + "=", StringComparison.Ordinal));
        return at < 0 ? null : args[at] == Option ? args.ElementAtOrDefault(at + 1) : args[at][(Option.Length + 1)..];
    }

    private static string HelpOf(ParserResult<object> parsed)
    {
        HelpText help = HelpText.AutoBuild(parsed, text =>
        {
            text.Heading = "ddm: which part of the training data made the model behave this way, and what would happen without it?";
            text.Copyright = "";
            text.AdditionalNewLineAfterOption = false;
            text.MaximumDisplayWidth = 120;
            text.AddPostOptionsLine("Exit codes: 0 done, 1 internal fault, 2 bad usage, 3 bad input, 4 no such device, 5 out of memory, 6 interrupted (run again to go on).");
            return HelpText.DefaultParsingErrorsHandler(parsed, text);
        });
        return help.ToString().TrimEnd();
    }
}
