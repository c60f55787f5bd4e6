namespace DdmNative.Cli.Output;

/// <summary>The importance of a log line; each level includes those before it.</summary>
internal enum LogLevel
{
    /// <summary>Errors that end the command.</summary>
    Error,

    /// <summary>What needs attention: what is recomputed and why, what is left out.</summary>
    Warning,

    /// <summary>Stages and their progress.</summary>
    Info,

    /// <summary>Keys, figures and files of every stage.</summary>
    Debug,
}
