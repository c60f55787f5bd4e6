using System.Text;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli.Completion;

/// <summary>The script for zsh: a file <c>_ddm</c> in a folder of <c>fpath</c>, or a sourced file.</summary>
internal static class ZshCompletion
{
    private const string Frame = """
        # The words; with a separator, for the last element of a list.
        _ddm_words() {
            local separator=$1
            shift
            if [[ -n $separator ]]; then
                compset -P "*$separator"
                compadd -S '' -- "$@"
            else
                # The user completes a word that ends with a colon.
                compadd -S '' -- ${(M)@:#*:}
                compadd -- ${@:#*:}
            fi
        }

        # Folders of runs, and folders that contain some; all folders if there are none.
        _ddm_has_run() {
            local -a found=($REPLY/run.json(N) $REPLY/*/run.json(N[1]) $REPLY/*/*/run.json(N[1]))
            (( $#found ))
        }
        _ddm_runs() { _path_files -g '*(-/+_ddm_has_run)' || _files -/ }

        # Names of downloaded datasets.
        _ddm_data() {
            local caches=$HOME/.cache
            [[ $OSTYPE == darwin* ]] && caches=$HOME/Library/Caches
            local -a names=(${DDM_DATA:-${XDG_CACHE_HOME:-$caches}/ddm/data}/*/SHA256SUMS(N:h:t))
            compadd -a names
        }

        _ddm() {
            local curcontext="$curcontext"
            if (( CURRENT == 2 )); then
                local -a verbs=(
        VERBS
                )
                _describe -t verbs verb verbs
                [[ $PREFIX == -* ]] && compadd -- --help --version
                return
            fi
            local verb=$words[2]
            shift words
            (( CURRENT-- ))
            case $verb in
        ARGUMENTS
            esac
        }

        if [[ $funcstack[1] == _ddm ]]; then _ddm "$@"; else compdef _ddm ddm; fi

        """;

    public static string Script()
    {
        string verbs = string.Join('\n', VerbDescription.All.Select(verb => $"            {Quoted($"{verb.Name}:{verb.Summary}")}"));
        var arguments = new StringBuilder();
        foreach (VerbDescription verb in VerbDescription.All)
            arguments.Append($"        {verb.Name})\n            _arguments \\\n                "
                + $"{string.Join(" \\\n                ", Specifications(verb))}\n            ;;\n");
        return "#compdef ddm\n" + CompletionScript.Heading("zsh")
            + Frame.Replace("VERBS", verbs, StringComparison.Ordinal)
            .Replace("ARGUMENTS", arguments.ToString().TrimEnd('\n'), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Specifications(VerbDescription verb)
    {
        foreach (OptionDescription option in verb.Options)
        {
            string text = Escaped(option.ShortText).Replace("[", "\\[", StringComparison.Ordinal)
                .Replace("]", "\\]", StringComparison.Ordinal);
            yield return Quoted(option.IsSwitch
                ? $"--{option.Name}[{text}]"
                    : $"--{option.Name}=[{text}]:{Escaped(option.MetaValue)}:{Action(KnownValues.For(verb, option))}");
        }

        yield return Quoted("--help[Show help for the verb]");
        for (int i = 0; i < verb.Operands.Count; i++)
        {
            OperandDescription operand = verb.Operands[i];
            string place = operand.TakesMany ? "*" : $"{i + 1}";
            yield return Quoted($"{place}:{Escaped(operand.Name)}:{Action(KnownValues.For(verb, operand))}");
        }
    }

    /// <summary>The completion action for a value; a space for none.</summary>
    private static string Action(ValueCompletion values)
    {
        var actions = new List<string>();
        if (values.Words.Count > 0)
            actions.Add($"_ddm_words \"{values.Separator}\" {string.Join(' ', values.Words.Select(Escaped))}");
        if (values.Datasets)
            actions.Add("_ddm_data");
        if (values.Paths != PathKind.None)
            actions.Add(values.Paths switch { PathKind.Runs => "_ddm_runs", PathKind.Folders => "_files -/", _ => "_files" });
        return actions.Count switch { 0 => " ", _ => $"{{{string.Join("; ", actions)}}}" };
    }

    private static string Escaped(string text)
        => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
