using CommandLine;
using CommandLine.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Cli.Output;
using DdmNative.Cli.Verbs;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli;

/// <summary>From arguments to an exit code: finds the verb, runs it, and turns every exception into one line that says what to do.</summary>
internal static class CommandRunner
{
    private static readonly Type[] VerbTypes =
        [typeof(TrainVerb), typeof(DistillVerb), typeof(AttributeVerb), typeof(ValidateVerb), typeof(EvaluateVerb), typeof(ExperimentVerb), typeof(UnlearnVerb), typeof(RunVerb), typeof(ReportVerb), typeof(CompareVerb), typeof(ProfileVerb), typeof(DevicesVerb)];

    public static int Run(string[] args)
    {
        Console.SetOut(new RefusableWriter(Console.Out, e => throw new DiskException("standard output", e, "Lead it to a place that takes it")));
        Console.SetError(new RefusableWriter(Console.Error, _ => { }));
        try
        {
            return Parse(args);
        }
        catch (DiskException e)
        {
            return Fail(e);
        }
    }

    private static int Parse(string[] args)
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
            return Fail(e);
        }
    }

    private static int Fail(Exception e)
    {
        (int code, string message) = Explain(e);
        Console.Error.WriteLine("ddm: " + message);
        return code;
    }

    private static (int Code, string Message) Explain(Exception e) => e switch
    {
        BadUsageException or MethodRequestException => (ExitCode.BadUsage, e.Message),
        BadInputException or MissingTrajectoryException or InfeasibleMatchingException => (ExitCode.BadInput, e.Message),
        CudaException { Result: CudaResult.OutOfMemory } => (ExitCode.OutOfMemory, e.Message),
        DeviceException or DeviceUnavailableException or CudaException => (ExitCode.DeviceTrouble, e.Message),
        OutOfDeviceMemoryException or InsufficientMemoryException => (ExitCode.OutOfMemory, e.Message),
        OutOfMemoryException => (ExitCode.OutOfMemory, "the machine, or the limit that ddm runs under, has no more memory. Lower --wave, the network's width or the number of images, or allow more; what is finished is kept."),
        DiskException => (ExitCode.DiskTrouble, e.Message),
        OperationCanceledException => (ExitCode.Interrupted, "interrupted. What is finished is kept; the same command goes on from there."),
        IOException or UnauthorizedAccessException => (ExitCode.DiskTrouble, $"{e.Message} Mend that and run the same command again: what is finished is kept."),
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
            text.AddPostOptionsLine("Exit codes: 0 done, 1 internal fault, 2 bad usage, 3 bad input, 4 no such device, 5 out of memory, 6 interrupted (run again to go on), 7 disk full, read-only or failing (mend it and run again to go on).");
            return HelpText.DefaultParsingErrorsHandler(parsed, text);
        });
        return help.ToString().TrimEnd();
    }
}
