using DdmNative.Cli;

// Answered before anything is loaded: scripts ask it often.
if (args is ["--version"] or ["version"])
{
    Console.Out.WriteLine($"ddm {ProgramVersion.Text}");
    return 0;
}

return CommandRunner.Run(args);
