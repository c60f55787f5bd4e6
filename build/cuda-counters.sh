#!/usr/bin/env bash
# Runs every loop's kernels at width 128 on the CUDA emulator and writes what it counted into docs/cuda-kernels.md. Takes one or two minutes; needs Fashion-MNIST (dataset-fashion-mnist).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
page=docs/cuda-kernels.md
DDM_CUDA_DRIVER=$(bash build/cuda-emulator.sh)
export DDM_CUDA_DRIVER
table=$(mktemp)
trap 'rm -f "$table"' EXIT
build/ddm profile examples/cuda-counters.json --device cuda --rounds 1 "$@" | grep '^|' > "$table"
sed -i -e '/^<!-- counters -->$/,/^<!-- end of counters -->$/ { /^<!-- counters -->$/ { p; r '"$table"'
}; /^<!-- end of counters -->$/p; d }' "$page"
cat "$table"
