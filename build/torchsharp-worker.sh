#!/usr/bin/env bash
# Builds TorchSharp's side of build/bench.sh and prints the path of its program. If it cannot be built or does not start, writes one line
# to standard error that says why, and ends with exit status 1.
#
#   build/torchsharp-worker.sh [cpu|cuda]       the libtorch to download with it: about 600 MB unpacked for cpu
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

libtorch=${1:-cpu}
folder=benchmarks/DdmNative.Benchmarks.TorchSharp
program=$folder/bin/Release/net10.0/torchsharp-worker.dll
stamp=$folder/bin/Release/built-$libtorch
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# fail WHY: WHY, the first error of the last command, or the last line that it wrote.
fail() {
    local error
    error=$(grep -m 1 -E 'error|Exception' "$output" || tail -n 1 "$output")
    echo "bench: no TorchSharp column: $1${error:+: $(sed -E 's/^.*: error /error /; s/ \[[^]]*\]$//' <<< "$error" | cut -c 1-300)}" >&2
    exit 1
}

if [[ $(uname -sm) != 'Linux x86_64' ]]; then
    fail 'its libraries are prepared on Linux x64 only'
fi
source build/newer.sh
sources=("$folder" benchmarks/DdmNative.SideBySide/FashionMnist.cs benchmarks/DdmNative.SideBySide/RandomValues.cs src
    Directory.Build.props Directory.Packages.props global.json build/torchsharp-worker.sh build/torchsharp-libstdcxx.py)
if [[ ! -f $program ]] || is_newer "$stamp" "${sources[@]}"; then
    echo 'Building the TorchSharp worker …' >&2
    started=$(mktemp)
    # The other libtorch's libraries have the same names.
    rm -f "$folder"/bin/Release/built-*
    dotnet build "$folder" -c Release -p:LibTorch="$libtorch" --nologo -v quiet -clp:NoSummary > "$output" 2>&1 ||
        fail 'the worker cannot be built'
    /usr/bin/python3 build/torchsharp-libstdcxx.py "${program%/*}/runtimes/linux-x64/native" > "$output" 2>&1 ||
        fail 'its native library does not fit this system'
    echo '{"hello":true}' | timeout 120 dotnet "$program" > "$output" 2>&1
    grep -q '"torch"' "$output" || fail 'the worker does not start'
    mv "$started" "$stamp"
fi
echo "$program"
