using CommandLine;
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
    internal static readonly Type[] VerbTypes =
        [typeof(TrainVerb), typeof(DistillVerb), typeof(AttributeVerb), typeof(ValidateVerb), typeof(EvaluateVerb), typeof(ExperimentVerb), typeof(UnlearnVerb), typeof(RunVerb), typeof(ReportVerb), typeof(CompareVerb), typeof(ProfileVerb), typeof(DevicesVerb), typeof(CompletionVerb), typeof(HelpVerb)];

    public static int Run(string[] args)
    {
        // Whoever asks for help is told, whatever else is wrong with the line.
        if (args.TakeWhile(argument => argument != "--").Any(argument => argument is "--help" or "-h"))
            args = args[0].StartsWith('-') ? [HelpVerb.Name] : [HelpVerb.Name, args[0]];
        ParserResult<object> parsed = Parse(args);
        if (parsed.Value is IVerb verb)
            return Run(verb);
        Console.Error.WriteLine(UsageErrors.Explain(args.FirstOrDefault(), parsed.Errors));
        return ExitCode.BadUsage;
    }

    /// <summary>The verb with its options, or what is wrong with them.</summary>
    internal static ParserResult<object> Parse(string[] args)
    {
        using var parser = new Parser(settings =>
        {
            settings.HelpWriter = null;
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.ParsingCulture = System.Globalization.CultureInfo.InvariantCulture;
            settings.CaseInsensitiveEnumValues = false;
        });
        return parser.ParseArguments(args, VerbTypes);
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
}
