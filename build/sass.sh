#!/usr/bin/env bash
# Assembles the PTX of build/kernels.sh and prints properties of each kernel's machine code, for sm_80 and sm_90. Installs nothing.
#   build/sass.sh [--table] [PATTERN]
# PATTERN: an extended regular expression that the kernel's name must match; without it, all kernels.
# --table: rows of Markdown instead, which also replace those between the markers in docs/cuda-kernels.md.
# Registers and spilled bytes are from ptxas; shared bytes are those that the kernel declares (the launch adds the products' rings);
# blocks is the number that fits on a multiprocessor, limited by registers and warps alone. The main loop is the innermost loop with the
# most multiply-adds (FFMA, HMMA); for its instructions: their number, the share of multiply-adds, and the shared loads by width.
# Exit status: 0 done; 1 if a module does not assemble; 2 for wrong arguments; 3 if a tool or the PTX is missing.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
page=docs/cuda-kernels.md

table=false pattern=.
while [[ $# -gt 0 ]]; do
    case $1 in
        --table) table=true ;;
        -*) echo "sass.sh: unknown option '$1'; expected --table or a pattern" >&2; exit 2 ;;
        *) pattern=$1 ;;
    esac
    shift
done
if $table && [[ $pattern != . ]]; then
    echo "sass.sh: the table in $page is one of all kernels; leave the pattern out" >&2
    exit 2
fi

for tool in ptxas nvdisasm; do
    if ! command -v "$tool" > /dev/null; then
        echo "sass.sh: there is no $tool on the path. It comes with the CUDA toolkit; on Debian: apt-get install nvidia-cuda-toolkit" >&2
        exit 3
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shopt -s nullglob

# The kernels' names and threads, from PTX.
threads_of() {
    awk '{ sub(/\/\/.*/, "") }   # clang writes names behind some directives
         /\.entry/ { sub(/.*\.entry +/, ""); sub(/[^A-Za-z0-9_$].*/, ""); name = $0; print "threads", name, 0 }
         /^\.(maxntid|reqntid)/ { gsub(/[,;]/, " "); print "threads", name, $2 * ($3 ? $3 : 1) * ($4 ? $4 : 1) }' "$1"
}

# The kernels' registers, spills and shared memory, from the remarks of ptxas.
resources_of() {
    awk '/Compiling entry function/ { split($0, part, "\047"); name = part[2] }
         /bytes spill stores/ { spill = $5 + $9 }
         /: Used [0-9]+ registers/ {
             shared = 0
             for (i = 2; i <= NF; i++) { if ($i == "Used") registers = $(i + 1); if ($i ~ /^smem/) shared = $(i - 2) }
             print "resources", name, registers, spill, shared
         }' "$1"
}

# The kernels' main loops, from machine code: each instruction that branches backwards ends a loop.
loops_of() {
    nvdisasm -c -ndf "$1" | awk '
        function finish(    i, j, best, inner, most, total, fma, matrix, wide, half, narrow, first, last) {
            best = 0; most = 0
            for (i = 1; i <= loops; i++) {
                inner = 1
                for (j = 1; j <= loops; j++)
                    if (i != j && from[j] >= from[i] && to[j] <= to[i] && (from[j] != from[i] || to[j] != to[i])) inner = 0
                if (!inner) continue
                total = sums[to[i]] - sums[from[i] - 1]
                if (total > most) { most = total; best = i }
            }
            total = fma = matrix = wide = half = narrow = 0
            if (best)
                for (i = from[best]; i <= to[best]; i++) {
                    total++
                    if (code[i] ~ /^FFMA/) fma++
                    else if (code[i] ~ /^HMMA/) matrix++
                    else if (code[i] ~ /^LDSM/) wide++
                    else if (code[i] ~ /^LDS.*\.128/) wide++
                    else if (code[i] ~ /^LDS.*\.64/) half++
                    else if (code[i] ~ /^LDS/ && code[i] !~ /^LDSM/) narrow++
                }
            if (name != "") print "loop", name, total, fma, matrix, wide, half, narrow
        }
        /^\.text\./ {
            finish()
            name = $1
            sub(/^\.text\./, "", name)
            sub(/:$/, "", name)
            count = loops = 0
            sums[0] = 0
            delete label
            next
        }
        /^\.L[A-Za-z0-9_]*:/ { label[substr($1, 1, length($1) - 1)] = count + 1; next }
        /^ +\/\*[0-9a-f]+\*\// {
            text = $0; sub(/^ +\/\*[0-9a-f]+\*\/ +/, "", text); sub(/^\{ */, "", text); sub(/^@!?U?P[0-9T]+ +/, "", text)
            if (text ~ /^NOP|^;/) next
            split(text, word, /[ ;]/)
            code[++count] = word[1]
            sums[count] = sums[count - 1] + (word[1] ~ /^(FFMA|HMMA)/)
            if (word[1] ~ /^BRA/ && match(text, /`\([^)]*\)/)) {
                target = substr(text, RSTART + 2, RLENGTH - 3)
                if (target in label) { from[++loops] = label[target]; to[loops] = count }
            }
        }
        END { finish() }'
}

for target in 80 90; do
    modules=(artifacts/ptx/*_sm_"$target".ptx artifacts/ptx/sm_"$target"/*.ptx)
    if [[ ${#modules[@]} -eq 0 ]]; then
        echo "sass.sh: there is no PTX for sm_$target under artifacts/ptx. Run build/kernels.sh first" >&2
        exit 3
    fi
    for module in "${modules[@]}"; do
        if ! ptxas -v "-arch=sm_$target" "$module" -o "$work/cubin" > "$work/remarks" 2>&1; then
            cat "$work/remarks" >&2
            exit 1
        fi
        { threads_of "$module"; resources_of "$work/remarks"; loops_of "$work/cubin"; } | sed "s/^/$target /" >> "$work/facts"
    done
done

# Two lines per kernel, one for each target; in Markdown one row, with both values if they differ.
awk -v pattern="$pattern" -v markdown=$table '
    $3 !~ pattern { next }
    !($3 in known) { known[$3]; names[++count] = $3 }
    $2 == "threads" { threads[$3] = $4 }
    $2 == "resources" { cell[$1, $3, 1] = $4; cell[$1, $3, 2] = $5; cell[$1, $3, 3] = $6 }
    $2 == "loop" && $5 + $6 > 0 {
        cell[$1, $3, 5] = $4; cell[$1, $3, 6] = share($5, $4); cell[$1, $3, 7] = share($6, $4); cell[$1, $3, 8] = $7 "/" $8 "/" $9
    }
    function share(part, whole) { return part ? sprintf("%.1f%%", 100 * part / whole) : "" }
    # Registers are allocated to a warp in units of 256; a quarter of the multiprocessor has 16384 registers and 16 warps.
    function blocks(registers, threads,    warps, ofBlock) {
        if (!threads) return ""
        ofBlock = int((threads + 31) / 32)
        warps = int(16384 / (int((registers + 7) / 8) * 256)); if (warps > 16) warps = 16
        warps = int(4 * warps / ofBlock)
        return warps > 32 ? 32 : warps
    }
    END {
        for (i = 1; i <= count; i++)
            for (j = i + 1; j <= count; j++)
                if (names[j] < names[i]) { name = names[i]; names[i] = names[j]; names[j] = name }
        if (markdown == "true") {
            print "| kernel | threads | registers | spilled bytes | shared bytes | blocks | main loop | FFMA | HMMA | LDS 128/64/32 |"
            print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
        } else
            print "kernel\tthreads\tsm\tregisters\tspill\tshared\tblocks\tloop\tFFMA\tHMMA\tLDS 128/64/32"
        for (i = 1; i <= count; i++) {
            name = names[i]
            for (target = 80; target <= 90; target += 10) cell[target, name, 4] = blocks(cell[target, name, 1], threads[name])
            if (markdown == "true") {
                row = "| `" name "` | " threads[name]
                for (c = 1; c <= 8; c++) {
                    one = cell[80, name, c]; other = cell[90, name, c]
                    row = row " | " (one == other ? one : one ", " other)
                }
                print row " |"
            } else
                for (target = 80; target <= 90; target += 10) {
                    row = name "\t" threads[name] "\t" target
                    for (c = 1; c <= 8; c++) row = row "\t" cell[target, name, c]
                    print row
                }
        }
    }' "$work/facts" > "$work/table"

if $table; then
    sed -i -e '/^<!-- machine code -->$/,/^<!-- end of machine code -->$/ { /^<!-- machine code -->$/ { p; r '"$work/table"'
}; /^<!-- end of machine code -->$/p; d }' "$page"
    cat "$work/table"
elif command -v column > /dev/null; then
    column -t -s $'\t' "$work/table"
else
    cat "$work/table"
fi
