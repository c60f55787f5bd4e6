#!/usr/bin/env bash
# Counts what kernels do on the CUDA emulator and writes the table into the page that shows it. Takes one or two minutes; resnet9 seven.
#
#   build/counters.sh cuda [OPTIONS of ddm profile]    every loop's kernels at width 128, in docs/cuda-kernels.md; needs Fashion-MNIST
#                                                      (Debian: dataset-fashion-mnist)
#   build/counters.sh resnet9 [OPTIONS]                the same for a ResNet-9 at width 32, in the same page
#   build/counters.sh ilgpu                            every operation by our own PTX and by ILGPU's, compared, in docs/gpu-packages.md
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

kind=${1:-}
[[ $# -eq 0 ]] || shift
case $kind in
    cuda) page=docs/cuda-kernels.md mark=counters job=examples/cuda-counters.json ;;
    resnet9) page=docs/cuda-kernels.md mark="resnet9 counters" job=examples/cuda-counters-resnet9.json ;;
    ilgpu) page=docs/gpu-packages.md mark="ilgpu counters" ;;
    *) sed -n '2,/^set /{ /^set /d; s/^# \{0,1\}//; p }' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

count() {
    if [[ -n ${job:-} ]]; then
        build/ddm profile "$job" --device cuda --rounds 1 "$@" | grep '^|'
    else
        dotnet run -c Release --project benchmarks/DdmNative.Benchmarks.Ilgpu
    fi
}

DDM_CUDA_DRIVER=$(bash build/cuda-emulator.sh)
export DDM_CUDA_DRIVER
table=$(mktemp)
trap 'rm -f "$table"' EXIT
count "$@" | tee "$table"
# The table takes the place of all lines between the two marks.
sed -i -e "/^<!-- $mark -->\$/,/^<!-- end of $mark -->\$/ { /^<!-- $mark -->\$/ { p; r $table
}; /^<!-- end of $mark -->\$/p; d }" "$page"
