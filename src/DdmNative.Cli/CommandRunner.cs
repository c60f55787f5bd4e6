using CommandLine;
using CommandLine.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Cli.Verbs;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli;

/// <summary>From arguments to an exit code: finds the verb, runs it, and turns every exception into one line that says what to do.</summary>
internal static class CommandRunner
{
    private static readonly Type[] VerbTypes =
        [typeof(TrainVerb), typeof(DistillVerb), typeof(AttributeVerb), typeof(ValidateVerb), typeof(EvaluateVerb), typeof(ExperimentVerb), typeof(UnlearnVerb), typeof(RunVerb), typeof(MergeVerb), typeof(ReportVerb), typeof(CompareVerb), typeof(ProfileVerb), typeof(DevicesVerb)];

    public static int Run(string[] args)
    {
        using var parser = new Parser(settings =>
        {
            settings.HelpWriter = null;
            settings.ParsingCulture = System.Globalization.CultureInfo.InvariantCulture;
            settings.CaseInsensitiveEnumValues = false;
        });
        ParserResult<object> parsed = parser.ParseArguments(args, VerbTypes);
        if (parsed.Value is IVerb verb)
            return Run(verb);

        bool asked = parsed.Errors.IsHelp() || parsed.Errors.IsVersion();
        (asked ? Console.Out : Console.Error).WriteLine(HelpOf(parsed));
        return asked ? ExitCode.Done : ExitCode.BadUsage;
    }

    private static int Run(IVerb verb)
    {
        using var interruption = new Interruption();
        try
        {
            verb.Run(interruption.Token);
            return ExitCode.Done;
        }
        catch (Exception e)
        {
            (int code, string message) = Explain(e);
            Console.Error.WriteLine("ddm: " + message);
            return code;
        }
    }

    private static (int Code, string Message) Explain(Exception e) => e switch
    {
        BadUsageException or MethodRequestException => (ExitCode.BadUsage, e.Message),
        BadInputException or MissingTrajectoryException or InfeasibleMatchingException => (ExitCode.BadInput, e.Message),
        CudaException { Result: CudaResult.OutOfMemory } => (ExitCode.OutOfMemory, e.Message),
        DeviceException or DeviceUnavailableException or CudaException => (ExitCode.DeviceTrouble, e.Message),
        OutOfDeviceMemoryException or OutOfMemoryException => (ExitCode.OutOfMemory, e.Message),
        OperationCanceledException => (ExitCode.Interrupted, "interrupted. What is finished is kept; the same command goes on from there."),
        IOException or UnauthorizedAccessException => (ExitCode.BadInput, e.Message),
        _ => (ExitCode.InternalFault, $"a fault of ddm itself, please report it: {e}"),
    };

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
