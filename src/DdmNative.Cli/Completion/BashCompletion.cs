using System.Text;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli.Completion;

/// <summary>
/// The script for bash, 3.2 and later. It reads the line itself because bash splits words at the colons and equals signs of values such as
/// <c>block:1</c>. It returns only the text after the last of these characters, because that is the part that bash replaces.
/// </summary>
internal static class BashCompletion
{
    private const string Helpers = """
        # The words that start with the value; with a separator, with the last element of a list.
        _ddm_words() {
            local separator=$1 before='' word
            shift
            if [[ -n $separator ]]; then
                compopt -o nospace 2> /dev/null
                [[ $value == *"$separator"* ]] && before=${value%"$separator"*}$separator
            fi
            for word; do
                [[ $word == "${value#"$before"}"* ]] || continue
                [[ $word == *: ]] && compopt -o nospace 2> /dev/null
                COMPREPLY+=("$before$word")
            done
        }

        # Paths: -d for folders, -f for files.
        _ddm_paths() {
            local path
            while IFS= read -r path; do
                compopt -o filenames 2> /dev/null
                COMPREPLY+=("$path")
            done < <(compgen "$1" -- "$value")
        }

        # Folders of runs, and folders that contain some; all folders if there are none.
        _ddm_runs() {
            local path real
            local -a folders=()
            while IFS= read -r path; do
                compopt -o filenames 2> /dev/null
                folders+=("$path")
                real=${path/#\~/$HOME}
                if [[ -f $real/run.json ]] || compgen -G "$real/*/run.json" > /dev/null || compgen -G "$real/*/*/run.json" > /dev/null; then
                    COMPREPLY+=("$path")
                fi
            done < <(compgen -d -- "$value")
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=("${folders[@]}"); fi
        }

        # Names of downloaded datasets.
        _ddm_data() {
            local file caches=$HOME/.cache
            [[ $OSTYPE == darwin* ]] && caches=$HOME/Library/Caches
            for file in "${DDM_DATA:-${XDG_CACHE_HOME:-$caches}/ddm/data}"/*/SHA256SUMS; do
                file=${file%/SHA256SUMS}
                if [[ -d $file && ${file##*/} == "$value"* ]]; then COMPREPLY+=("${file##*/}"); fi
            done
        }

        _ddm() {
            COMPREPLY=()
            local line=${COMP_LINE:0:COMP_POINT} value option='' quoted='' trim='' i
            local -a words
            read -ra words <<< "$line"
            [[ $line == *[[:space:]] ]] && words+=('')
            local last=$((${#words[@]} - 1))
            value=${words[last]}
            if [[ $last -eq 1 ]]; then
                _ddm_words '' VERBS
                return
            fi
            if [[ $value == --*=* ]]; then
                option=${value%%=*} value=${value#*=}
            elif [[ ${words[last-1]} == --* ]]; then
                option=${words[last-1]}
            fi
            if [[ $value == [\'\"]* ]]; then quoted=1 value=${value:1}; fi
            case "${words[1]} $option" in
        VALUES
                *)
                    case ${words[1]} in
        OPTIONS
                    esac
                    ;;
            esac
            if [[ -z $quoted && $value == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
                trim=${value%"${value##*[:=]}"}
                for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$trim"}; done
            fi
        }

        complete -F _ddm ddm

        """;

    public static string Script()
    {
        string verbs = string.Join(' ', VerbDescription.All.Select(verb => verb.Name).Concat(["--help", "--version"]));
        return CompletionScript.Heading("bash")
            + Helpers.Replace("VERBS", verbs, StringComparison.Ordinal).Replace("VALUES", Values(), StringComparison.Ordinal)
            .Replace("OPTIONS", Options(), StringComparison.Ordinal);
    }

    /// <summary>One case for each distinct set of values, with all options that take it.</summary>
    private static string Values()
    {
        var cases = new StringBuilder();
        IEnumerable<(string Pattern, string Action)> options = VerbDescription.All
            .SelectMany(verb => verb.Options.Where(option => !option.IsSwitch)
                .Select(option => ($"'{verb.Name} --{option.Name}'", Action(KnownValues.For(verb, option)))));
        foreach (IGrouping<string, string> same in options.GroupBy(option => option.Action, option => option.Pattern))
            cases.Append($"        {string.Join(" | ", same)}) {same.Key} ;;\n");
        return cases.ToString().TrimEnd('\n');
    }

    private static string Options()
    {
        var cases = new StringBuilder();
        foreach (VerbDescription verb in VerbDescription.All)
        {
            string options = string.Join(' ', verb.Options.Select(option => "--" + option.Name).Append("--help"));
            string operand = verb.Operands.Count == 0 ? ":" : Action(KnownValues.For(verb, verb.Operands[0]));
            string offers = $"if [[ $value == -* ]]; then _ddm_words '' {options}; else {operand}; fi";
            // If there are no operands, offer the options immediately.
            cases.Append($"                {verb.Name}) {(verb.Operands.Count == 0 ? $"_ddm_words '' {options}" : offers)} ;;\n");
        }

        return cases.ToString().TrimEnd('\n');
    }

    private static string Action(ValueCompletion values)
    {
        var actions = new List<string>();
        if (values.Words.Count > 0)
            actions.Add($"_ddm_words '{values.Separator}' {string.Join(' ', values.Words)}");
        if (values.Datasets)
            actions.Add("_ddm_data");
        if (values.Paths != PathKind.None)
            actions.Add(values.Paths switch { PathKind.Runs => "_ddm_runs", PathKind.Folders => "_ddm_paths -d", _ => "_ddm_paths -f" });
        return actions.Count == 0 ? ":" : string.Join("; ", actions);
    }
}
