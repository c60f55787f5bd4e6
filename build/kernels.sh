#!/usr/bin/env bash
# Compiles kernels/*.cu to artifacts/ptx, one module per target, through CMakeLists.txt. Installs nothing.
# Exit status: 0 done, 1 a kernel does not compile or fails the PTX lint, 3 there is no CMake or no CUDA compiler.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

have() { command -v "$1" > /dev/null; }

missing() {
    echo "CUDA kernels: not compiled, because there is $1. On Debian: apt-get install cmake ninja-build clang-19" >&2
    exit 3
}

have cmake || missing "no cmake"
if have ninja; then generator=Ninja; elif have make; then generator="Unix Makefiles"; else missing "neither ninja nor make"; fi

compiler=
for name in clang++-{22,21,20,19,18,17,16} clang++ clang; do
    if have "$name"; then
        major=$("$name" -dumpversion | cut -d. -f1)
        if [[ $major -ge 16 ]]; then compiler=$(command -v "$name"); break; fi
    fi
done
if [[ -z $compiler ]]; then
    for name in "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" nvcc; do
        if have "$name"; then compiler=$(command -v "$name"); break; fi
    done
fi
[[ -n $compiler ]] || missing "neither clang 16 or newer nor nvcc"

build=artifacts/kernels
mkdir -p "$build"
# A folder that another generator made is of no use to this one.
if [[ -f $build/CMakeCache.txt ]] && ! grep -q "^CMAKE_GENERATOR:INTERNAL=$generator\$" "$build/CMakeCache.txt"; then
    rm -rf "$build"
    mkdir -p "$build"
fi
if ! cmake -S . -B "$build" -G "$generator" -DDDM_COMPILER="$compiler" > "$build/configure.log" 2>&1; then
    cat "$build/configure.log" >&2
    exit 1
fi
cmake --build "$build" || exit 1
