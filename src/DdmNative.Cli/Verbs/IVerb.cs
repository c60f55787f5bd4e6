namespace DdmNative.Cli.Verbs;

/// <summary>One word of the command line, with its options as properties.</summary>
internal interface IVerb
{
    /// <summary>Does it; the result goes to standard output, all else to standard error.</summary>
    void Run(CancellationToken stop);
}
