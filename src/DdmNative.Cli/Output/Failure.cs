using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli.Output;

/// <summary>
/// Why a command failed: an exit code for the shell, one line for people that says what to do, and the same in parts for machines.
/// </summary>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
/// <param name="Message">The message for people.</param>
internal sealed record Failure(int Code, string Message)
{
    /// <summary>File, field, line, found, expected and fix; null if the cause is not an input.</summary>
    private BadInputException? Input { get; init; }

    /// <summary>The exit code as a word.</summary>
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
        OutOfMemoryException => new(ExitCode.OutOfMemory,
            "the machine, or ddm's memory limit, has no more memory. Reduce --wave, the network's width or the number of images, or raise "
            + "the limit; finished work is kept."),
        DiskException => new(ExitCode.DiskTrouble, e.Message),
        OperationCanceledException => new(ExitCode.Interrupted, "interrupted. Finished work is kept; the same command resumes."),
        IOException or UnauthorizedAccessException =>
            new(ExitCode.DiskTrouble, $"{e.Message} Fix this and run the same command again: finished work is kept."),
        _ => new(ExitCode.InternalFault, $"a bug in ddm, please report it: {e}"),
    };

    /// <summary>
    /// Writes a line to standard error in the log's format, and an object to standard output in place of the result if JSON was requested.
    /// </summary>
    /// <param name="json">Whether the result was requested as JSON.</param>
    /// <param name="logJson">Whether the log is JSON.</param>
    /// <param name="text">A longer text for people; null for the message itself.</param>
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
            ("file", Input.File), ("field", Input.Field), ("line", Input.Line), ("found", Input.Found), ("expected", Input.Expected),
            ("fix", Input.Remedy)])
            parts.Add(name, value);
        return parts;
    }
}
