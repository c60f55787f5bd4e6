#!/usr/bin/env bash
# Runs every operation through our own PTX and through ILGPU's on the CUDA emulator, compares the results, and writes what the emulator counted into docs/gpu-packages.md. Takes about a minute.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
page=docs/gpu-packages.md
DDM_CUDA_DRIVER=$(bash build/cuda-emulator.sh)
export DDM_CUDA_DRIVER
table=$(mktemp)
trap 'rm -f "$table"' EXIT
dotnet run -c Release --project benchmarks/DdmNative.Benchmarks.Ilgpu | tee "$table"
sed -i -e '/^<!-- ilgpu counters -->$/,/^<!-- end of ilgpu counters -->$/ { /^<!-- ilgpu counters -->$/ { p; r '"$table"'
}; /^<!-- end of ilgpu counters -->$/p; d }' "$page"
