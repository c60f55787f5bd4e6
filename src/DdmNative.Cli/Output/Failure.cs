using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli.Output;

/// <summary>Why a command ended without a result: for the shell its exit code, for people one line that says what to do, for machines the same in parts.</summary>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
/// <param name="Message">For people.</param>
internal sealed record Failure(int Code, string Message)
{
    /// <summary>File, field, line, found, expected, and what to do; null where the cause is no input.</summary>
    private BadInputException? Input { get; init; }

    /// <summary>The exit code in words.</summary>
    public string Kind => Code switch
    {
        ExitCode.BadUsage => "bad_usage",
        ExitCode.BadInput => "bad_input",
        ExitCode.DeviceTrouble => "device_trouble",
        ExitCode.OutOfMemory => "out_of_memory",
        ExitCode.Interrupted => "interrupted",
        ExitCode.DiskTrouble => "disk_trouble",
        _ => "internal_fault",
    };

    public static Failure From(Exception e) => e switch
    {
        BadUsageException or MethodRequestException => new(ExitCode.BadUsage, e.Message),
        BadInputException input => new(ExitCode.BadInput, e.Message) { Input = input },
        MissingTrajectoryException or InfeasibleMatchingException => new(ExitCode.BadInput, e.Message),
        CudaException { Result: CudaResult.OutOfMemory } => new(ExitCode.OutOfMemory, e.Message),
        DeviceException or DeviceUnavailableException or CudaException => new(ExitCode.DeviceTrouble, e.Message),
        OutOfDeviceMemoryException or InsufficientMemoryException or TensorTooLargeException => new(ExitCode.OutOfMemory, e.Message),
        OutOfMemoryException => new(ExitCode.OutOfMemory, "the machine, or the limit that ddm runs under, has no more memory. Lower --wave, the network's width or the number of images, or allow more; what is finished is kept."),
        DiskException => new(ExitCode.DiskTrouble, e.Message),
        OperationCanceledException => new(ExitCode.Interrupted, "interrupted. What is finished is kept; the same command goes on from there."),
        IOException or UnauthorizedAccessException => new(ExitCode.DiskTrouble, $"{e.Message} Mend that and run the same command again: what is finished is kept."),
        _ => new(ExitCode.InternalFault, $"a fault of ddm itself, please report it: {e}"),
    };

    /// <summary>A line on standard error, in the log's format; on standard output an object in the result's place, where one was asked for.</summary>
    /// <param name="json">Whether the result was to be JSON.</param>
    /// <param name="logJson">Whether the log is JSON.</param>
    /// <param name="text">For people, where it is more than the message; null for the message itself.</param>
    public void Write(bool json, bool logJson, string? text = null)
    {
        Dictionary<string, object?> error = Parts();
        if (logJson)
        {
            using var log = new JsonLog(Console.Error, LogLevel.Error);
            log.Say(LogLevel.Error, "failed", Message, [.. error.Select(part => (part.Key, part.Value))]);
        }
        else
        {
            Console.Error.WriteLine(text ?? "ddm: " + Message);
        }

        if (!json)
            return;
        error.Add("message", Message);
        JsonResult.Write(new { error });
    }

    private Dictionary<string, object?> Parts()
    {
        var parts = new Dictionary<string, object?> { ["exit_code"] = Code, ["kind"] = Kind };
        if (Input is null)
            return parts;
        foreach ((string name, object? value) in (ReadOnlySpan<(string, object?)>)[
            ("file", Input.File), ("field", Input.Field), ("line", Input.Line), ("found", Input.Found), ("expected", Input.Expected), ("fix", Input.Remedy)])
            parts.Add(name, value);
        return parts;
    }
}
