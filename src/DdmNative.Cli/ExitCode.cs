namespace DdmNative.Cli;

/// <summary>What the shell is told. Documented in the help and in docs/formats.md; scripts rely on the numbers.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>A fault of ddm itself: please report it.</summary>
    public const int InternalFault = 1;

    /// <summary>The command line is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>A file, a data set or a job is wrong.</summary>
    public const int BadInput = 3;

    /// <summary>There is no such device, or it failed.</summary>
    public const int DeviceTrouble = 4;

    /// <summary>The device or the machine has too little memory.</summary>
    public const int OutOfMemory = 5;

    /// <summary>Interrupted; the same command goes on from there.</summary>
    public const int Interrupted = 6;

    /// <summary>Something could not be written: the disk is full, read-only or failing. Once that is mended the same command goes on.</summary>
    public const int DiskTrouble = 7;

    /// <summary>What each means, for the help; docs/formats.md has the same.</summary>
    internal static IReadOnlyList<(int Code, string Meaning)> Meanings { get; } =
    [
        (Done, "done"),
        (InternalFault, "a fault of ddm itself; please report it"),
        (BadUsage, "bad usage: the command line"),
        (BadInput, "bad input: a file, a data set or a job; the message names file, field, what was found and what was expected"),
        (DeviceTrouble, "no such device, or it failed"),
        (OutOfMemory, "out of memory"),
        (Interrupted, "interrupted (Ctrl-C, SIGTERM); the same command goes on from there"),
        (DiskTrouble, "the disk is full, read-only or failing; mend it, and the same command goes on from there"),
    ];
}
