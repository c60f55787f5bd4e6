namespace DdmNative.Cli;

/// <summary>The exit codes. The help and docs/formats.md list them; scripts rely on the numbers.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>A bug in ddm.</summary>
    public const int InternalFault = 1;

    /// <summary>The command line is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>A file, a dataset or a job is wrong.</summary>
    public const int BadInput = 3;

    /// <summary>There is no such device, or the device failed.</summary>
    public const int DeviceTrouble = 4;

    /// <summary>The device or the machine has too little memory.</summary>
    public const int OutOfMemory = 5;

    /// <summary>Interrupted; the same command resumes.</summary>
    public const int Interrupted = 6;

    /// <summary>A file could not be written: the disk is full, read-only or failing. After it is fixed, the same command resumes.</summary>
    public const int DiskTrouble = 7;

    /// <summary>The meaning of each code, for the help; docs/formats.md has the same list.</summary>
    internal static IReadOnlyList<(int Code, string Meaning)> Meanings { get; } =
    [
        (Done, "done"),
        (InternalFault, "a bug in ddm; please report it"),
        (BadUsage, "bad usage: the command line"),
        (BadInput, "bad input: a file, a dataset or a job; the message names file, field, what was found and what was expected"),
        (DeviceTrouble, "no such device, or the device failed"),
        (OutOfMemory, "out of memory"),
        (Interrupted, "interrupted (Ctrl-C, SIGTERM); the same command resumes"),
        (DiskTrouble, "the disk is full, read-only or failing; after it is fixed, the same command resumes"),
    ];
}
