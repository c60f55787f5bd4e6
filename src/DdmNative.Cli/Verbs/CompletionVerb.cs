using CommandLine;
using DdmNative.Cli.Completion;

namespace DdmNative.Cli.Verbs;

[Verb("completion", HelpText = "Print the script that lets a shell complete ddm's verbs, options and values.")]
internal sealed class CompletionVerb : VerbOptions
{
    [Value(0, Required = true, MetaName = "SHELL", HelpText = "bash, zsh or fish.")]
    public string Shell { get; set; } = "";

    public override void Execute(CancellationToken stop) => Console.Out.Write(CompletionScript.For(Shell));
}
