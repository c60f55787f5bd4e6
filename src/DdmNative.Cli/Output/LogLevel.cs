namespace DdmNative.Cli.Output;

/// <summary>What is worth a line on standard error; each takes in those before it.</summary>
internal enum LogLevel
{
    /// <summary>What ends the command.</summary>
    Error,

    /// <summary>What deserves a look: what is done again and why, what is left out.</summary>
    Warning,

    /// <summary>Stages, and how they get on.</summary>
    Info,

    /// <summary>Keys, figures and files of every stage.</summary>
    Debug,
}
