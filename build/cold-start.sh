#!/usr/bin/env bash
# Measures what a driver has to compile before a job runs: runs the demo's job, with reduced data and rounds, on the CUDA emulator, and
# prints the modules whose kernels it launched, their size and that of all modules, and, if ptxas is on the PATH, its time for both.
# Options are passed to `ddm run` (--precision tf32). Takes some minutes; needs Fashion-MNIST.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
modules=artifacts/ptx/sm_80
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash build/kernels.sh > /dev/null
DDM_CUDA_DRIVER=$(bash build/cuda-emulator.sh)
export DDM_CUDA_DRIVER DDM_CUDA_EMULATOR_CHECKS=none
export DDM_DATA__TRAIN_PER_CLASS=8 DDM_DATA__TEST_PER_CLASS=4 DDM_TRAINING__EPOCHS=1 DDM_GROUPS__PER_CLASS=2
export DDM_MATCHING__STEPS=1 DDM_VALIDATION__GROUPS=1
DDM_CUDA_EMULATOR_REPORT=$work/report.json build/ddm run examples/demo.json --run "$work/run" --device cuda --quiet "$@" > /dev/null

# A launched kernel's module is the one that has its .entry.
grep -o '"name": *"[A-Za-z0-9_]*"' "$work/report.json" | grep -o '[A-Za-z0-9_]*"$' | tr -d '"' | sort -u > "$work/kernels"
for kernel in $(< "$work/kernels"); do grep -lE "\.entry[[:space:]]+$kernel\(" "$modules"/*.ptx || true; done | sort -u > "$work/used"
ls "$modules"/*.ptx > "$work/all"

compile() {
    for module in $(< "$1"); do ptxas -arch=sm_80 -lineinfo -o "$work/cubin" "$module"; done
}

report() {
    printf '%s: %d modules, %d bytes of PTX' "$1" "$(wc -l < "$2")" "$(cat $(< "$2") | wc -c)"
    if command -v ptxas > /dev/null; then
        TIMEFORMAT='%U'
        printf ', %s s of processor time in ptxas' "$({ time compile "$2"; } 2>&1)"
    fi
    echo
}

report "All" "$work/all"
report "The demo" "$work/used"
sed 's|.*/|  |; s|\.ptx$||' "$work/used"
