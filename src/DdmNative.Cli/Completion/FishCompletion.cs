using System.Text;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli.Completion;

/// <summary>The script for fish, 3.0 and later.</summary>
internal static class FishCompletion
{
    private const string Helpers = """
        # Whether the verb is the argument; without an argument, whether there is no verb yet.
        function __ddm_verb
            set -l words (commandline -opc)
            if test (count $argv) -eq 0
                test (count $words) -eq 1
            else
                test (count $words) -gt 1; and test $words[2] = $argv[1]
            end
        end

        # The words, each after the elements that the list already contains.
        function __ddm_list
            set -l token (commandline -ct | string replace -r '^--[^=]*=' '' | string trim --left --chars '\'"')
            set -l before (string match -r ".*"$argv[1] -- $token)
            printf '%s\n' "$before"$argv[2..-1]
        end

        # Folders of runs, and folders that contain some; all folders if there are none.
        function __ddm_runs
            set -l folders (__fish_complete_directories (commandline -ct | string replace -r '^--[^=]*=' '') | string replace -r '\t.*' '')
            set -l runs
            for folder in $folders
                if test -f $folder/run.json; or count $folder/*/run.json $folder/*/*/run.json > /dev/null
                    set -a runs $folder
                end
            end
            if set -q runs[1]
                printf '%s\n' $runs
            else
                printf '%s\n' $folders
            end
        end

        # Names of downloaded datasets.
        function __ddm_data
            set -l caches $HOME/.cache
            test (uname) = Darwin; and set caches $HOME/Library/Caches
            test -n "$XDG_CACHE_HOME"; and set caches $XDG_CACHE_HOME
            set -l place $caches/ddm/data
            test -n "$DDM_DATA"; and set place $DDM_DATA
            for file in $place/*/SHA256SUMS
                string match -r '[^/]+(?=/SHA256SUMS$)' -- $file
            end
        end

        complete -c ddm -f

        """;

    public static string Script()
    {
        var script = new StringBuilder(CompletionScript.Heading("fish")).Append(Helpers);
        foreach (VerbDescription verb in VerbDescription.All)
            script.Append($"complete -c ddm -n __ddm_verb -a {verb.Name} -d {Quoted(verb.Summary)}\n");
        script.Append("complete -c ddm -n __ddm_verb -l version -d 'Print the version'\n");
        script.Append("complete -c ddm -l help -d 'Show help for ddm or for the verb'\n");
        foreach (VerbDescription verb in VerbDescription.All)
        {
            string here = $"complete -c ddm -n '__ddm_verb {verb.Name}'";
            foreach (OptionDescription option in verb.Options)
                script.Append($"{here} -l "
                    + $"{option.Name}{(option.IsSwitch ? "" : " -x")}{(option.IsSwitch ? "" : Arguments(KnownValues.For(verb, option)))} "
                    + $"-d {Quoted(option.ShortText)}\n");
            foreach (OperandDescription operand in verb.Operands.Where(operand => KnownValues.For(verb, operand).IsKnown))
                script.Append($"{here}{Arguments(KnownValues.For(verb, operand))}\n");
        }

        return script.ToString();
    }

    private static string Arguments(ValueCompletion values)
    {
        string words = string.Join(' ', values.Words);
        string offered = values.Separator is char separator ? $"(__ddm_list {(separator == ';' ? "\\;" : separator)} {words})" : words;
        string paths = values.Paths switch
        {
            PathKind.Runs => "(__ddm_runs)",
            PathKind.Folders => "(__fish_complete_directories (commandline -ct | string replace -r \"^--[^=]*=\" \"\"))",
            PathKind.Files => "(__fish_complete_path (commandline -ct | string replace -r \"^--[^=]*=\" \"\"))",
            _ => "",
        };
        string all = string.Join(' ', new[] { offered, values.Datasets ? "(__ddm_data)" : "", paths }.Where(part => part.Length > 0));
        return all.Length == 0 ? "" : $" -a {Quoted(all)}";
    }

    private static string Quoted(string text)
        => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
