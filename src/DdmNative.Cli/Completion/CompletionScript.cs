namespace DdmNative.Cli.Completion;

/// <summary>A script that teaches a shell the verbs, their options and the values that are known. It stands by itself: no key press starts <c>ddm</c>.</summary>
internal static class CompletionScript
{
    /// <summary>The shells that are known.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script for a shell.</summary>
    /// <exception cref="BadUsageException">No script is written for it.</exception>
    public static string For(string shell) => shell switch
    {
        "bash" => BashCompletion.Script(),
        "zsh" => ZshCompletion.Script(),
        "fish" => FishCompletion.Script(),
        _ => throw new BadUsageException($"there is no completion for '{shell}'; choose {string.Join(", ", Shells)}."),
    };

    /// <summary>The first lines of every script.</summary>
    public static string Heading(string shell) => $"# Completion of ddm {ProgramVersion.Text} for {shell}, written by `ddm completion {shell}` from the verbs themselves. docs/install.md says where it goes.\n";
}
