#!/usr/bin/env bash
# Times our code, PyTorch and TorchSharp side by side on this machine's CPU: the same work, the same threads, in turn
# (docs/benchmarks.md). Installs what it needs (Debian: python3-torch, libopenblas0-pthread, dataset-fashion-mnist; NuGet: TorchSharp,
# libtorch), builds, and prints a table.
#
#   build/bench.sh                 everything with 2 threads, then with 1, with each row's peak memory
#   build/bench.sh --quick         about a minute and a half: 2 threads, few repeats, long workloads shortened
#   build/bench.sh --only conv-fwd,matching --threads 4 --json rows.json
#
#   --no-torchsharp                without TorchSharp (a download of about 600 MB)
#   --torchsharp-device cuda       TorchSharp on a GPU, ours and PyTorch on the CPU
#
# All options: build/bench.sh --help
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

python=/usr/bin/python3
wanted=()
"$python" -c 'import torch' 2> /dev/null || wanted+=(python3-torch)
compgen -G '/usr/lib/*/openblas-pthread/libopenblas.so.0' > /dev/null || wanted+=(libopenblas0-pthread)
[[ -d /usr/share/datasets/fashion-mnist || " $* " == *" --data "* ]] || wanted+=(dataset-fashion-mnist)
if [[ ${#wanted[@]} -gt 0 ]]; then
    as_root=()
    [[ $(id -u) -eq 0 ]] || as_root=(sudo)
    if ! command -v apt-get > /dev/null; then
        echo "bench: install ${wanted[*]} (Debian's names) and try again" >&2
        exit 1
    fi
    echo "Installing ${wanted[*]} …" >&2
    "${as_root[@]}" apt-get install -y -q "${wanted[@]}" > /dev/null 2>&1 ||
        { "${as_root[@]}" apt-get update -q > /dev/null && "${as_root[@]}" apt-get install -y -q "${wanted[@]}" > /dev/null; }
fi

# Builds only if a source is newer, so that a quick run is quick.
binary=benchmarks/DdmNative.SideBySide/bin/Release/net10.0/side-by-side.dll
stamp=benchmarks/DdmNative.SideBySide/bin/Release/built
source build/newer.sh
sources=(src benchmarks/DdmNative.SideBySide Directory.Build.props Directory.Packages.props global.json)
if [[ ! -f $binary ]] || is_newer "$stamp" "${sources[@]}"; then
    echo "Building …" >&2
    started=$(mktemp)
    dotnet build benchmarks/DdmNative.SideBySide -c Release --nologo -v quiet -clp:NoSummary >&2
    mv "$started" "$stamp"
fi

options=()
# Runs that compare nothing, or that name a worker, need no TorchSharp.
without='[ ]--(no-torchsharp|no-torch|torchsharp|in-run-shapley|help|version|device[ =]cuda[^ ]*)[ =]'
if [[ ! " $* " =~ $without ]]; then
    libtorch=cpu
    if [[ " $* " =~ [\ ]--torchsharp-device[\ =]cuda ]]; then libtorch=cuda; fi
    # Says itself why there is none; the table then has no such column.
    if worker=$(build/torchsharp-worker.sh "$libtorch"); then options+=(--torchsharp "$worker"); fi
fi
if [[ " $* " != *" --threads "* ]]; then
    threads=$(($(nproc) < 2 ? 1 : 2))
    if [[ " $* " == *" --quick "* || $threads -eq 1 ]]; then options+=(--threads "$threads"); else options+=(--threads 2,1); fi
fi
[[ " $* " == *" --quick "* || " $* " == *" --memory "* || " $* " == *" --no-torch "* ]] || options+=(--memory)
exec dotnet "$binary" ${options[@]+"${options[@]}"} "$@"
