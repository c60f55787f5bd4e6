#!/usr/bin/env bash
# Checks the style of what git tracks, and names FILE:LINE of every fault. Exit status: 0, or 1 where there is a fault.
#   - Lines of code and prose have at most 140 characters. Table rows and lines that hold nothing but a link, in Markdown, may be longer.
#   - The text of the product (src, docs, README.md) has none of the words in build/style-words.txt.
#   - Subjects of the commits that origin/HEAD does not have, where there is one, have at most 72 characters.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# Characters are counted, not bytes.
export LC_ALL=C.UTF-8
# The .editorconfig says the same.
most=140 most_of_subject=72

if ! git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    echo "style: not checked: this is no git checkout"
    exit 0
fi

# Data of other kinds (json, ptx, npz, …), what others wrote and what programs generate have no limit.
code=('*.cs' '*.csproj' '*.props' '*.targets' '*.cu' '*.cuh' '*.c' '*.cmake' '*.py' '*.sh' '*.bash' '*.fish' '*.zsh' '*.sbatch' '*.yaml'
    '*.js' '*.css' '*.html' '*.editorconfig' 'build/ddm' '.ci/run' '*Dockerfile' 'CMakeLists.txt' ':!third_party' ':!tests/golden')
link='^[^:]*:[0-9]*:[[:space:]]*([-*] |\[[^]]*\]: )?(\[[^]]*\]\()?<?https?://[^[:space:]]*$'
text=('src/*.cs' 'docs' 'README.md' ':!docs/job.schema.json')

# git grep and grep say 1 where they find nothing.
faults=$(
    {
        git grep -nE "^.{$((most + 1))}" -- "${code[@]}" || true
        git grep -nE "^.{$((most + 1))}" -- '*.md' ':!third_party' | grep -vE -e '^[^:]*:[0-9]*:\|' -e "$link" || true
    } | sed -E "s/^([^:]*:[0-9]*):.*/\1: longer than $most characters/"
    words=$(grep -v '^#' build/style-words.txt | cut -f1)
    git grep -nwiF -e "$words" -- "${text[@]}" | awk -F '\t' '
        NR == FNR { if ($0 !~ /^#/) plain[tolower($1)] = $2; next }
        {
            split($0, place, ":")
            line = tolower($0)
            for (word in plain)
                if (line ~ "(^|[^a-z0-9_])" word "([^a-z0-9_]|$)")
                    printf "%s:%s: \"%s\": write \"%s\"\n", place[1], place[2], word, plain[word]
        }' build/style-words.txt - || true
    if git rev-parse --quiet --verify origin/HEAD > /dev/null; then
        git log --no-merges --format='%h %s' origin/HEAD..HEAD | grep -E "^[^ ]+ .{$((most_of_subject + 1))}" |
            sed -E "s/^([^ ]+) .*/commit \1: a subject longer than $most_of_subject characters/" || true
    fi
)
if [[ -n $faults ]]; then
    printf '%s\n' "$faults"
    echo "style: $(grep -c '' <<< "$faults") faults" >&2
    exit 1
fi
