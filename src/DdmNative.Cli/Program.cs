using DdmNative.Cli;

// Answered before anything is loaded: scripts ask for it often.
if (args is ["--version"] or ["version"])
{
    try
    {
        Console.Out.WriteLine($"ddm {ProgramVersion.Text}");
        return ExitCode.Done;
    }
    catch (IOException e)
    {
        Console.Error.WriteLine($"ddm: standard output: could not be written ({e.Message}).");
        return ExitCode.DiskTrouble;
    }
}

return CommandRunner.Run(args);
