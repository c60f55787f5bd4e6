using DdmNative.Cli;

// Answered before anything is loaded: scripts ask it often.
if (args is ["--version"] or ["version"])
{
    Console.Out.WriteLine($"ddm {typeof(ExitCode).Assembly.GetName().Version!.ToString(3)}");
    return 0;
}

return CommandRunner.Run(args);
