#!/usr/bin/env bash
# Checks ddm on an NVIDIA GPU with the output of build/gpu-pack.sh. Needs bash, python3 and the pack, but no .NET and no network
# (docs/gpu.md).
#
#   build/gpu-check.sh [OPTIONS] [PHASE,…]     all by default: facts,conformance,sanitizer,job,bench,ncu
#
#   --minutes N   the total time (9); a phase that ends early leaves its time to the others
#   --sample N    conformance: every N-th case of each method (1)
#   --small       small jobs and short rows: for a rehearsal on the emulator, if DDM_CUDA_DRIVER names it
#
# Reads .gpu/ (or $GPU), works in $WORK (/tmp/ddm-gpu), where a later call reuses what an earlier one unpacked, and writes at most
# eight files to $OUT (/tmp/ddm-gpu-out). The last lines are a verdict for each phase: OK, FAILED or skipped, with the figure or reason.
# Exit status: 0; 1 if a phase FAILED; 2 for wrong usage. No setting of the card is changed.
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# The pack contains a copy of this script, so the pack alone is enough.
if [[ -z ${GPU:-} ]]; then
    if [[ -f $here/app.tar.xz ]]; then GPU=$here; else GPU=$here/../.gpu; fi
fi

known=(facts conformance sanitizer job bench ncu)
declare -A weights=([facts]=70 [conformance]=110 [sanitizer]=90 [job]=80 [bench]=150 [ncu]=50)
usage() { sed -n '2,/^set /{ /^set /d; s/^# \{0,1\}//; p }' "${BASH_SOURCE[0]}" >&2; exit 2; }
is_number() { [[ $1 =~ ^[1-9][0-9]{0,5}$ ]]; }

phases=() minutes=9 sample=1 small=
while [[ $# -gt 0 ]]; do
    case $1 in
        --minutes) minutes=${2:-}; is_number "$minutes" || usage; shift ;;
        --sample) sample=${2:-}; is_number "$sample" || usage; shift ;;
        --small) small=1 ;;
        -*) usage ;;
        *) IFS=, read -r -a phases <<< "$1" ;;
    esac
    shift
done
[[ ${#phases[@]} -gt 0 ]] || phases=("${known[@]}")
for phase in "${phases[@]}"; do
    if [[ -z ${weights[$phase]:-} ]]; then echo "gpu-check: unknown phase '$phase'; expected some of ${known[*]}" >&2; exit 2; fi
done
command -v python3 > /dev/null || { echo "gpu-check: python3 is not on this machine" >&2; exit 2; }

OUT=${OUT:-/tmp/ddm-gpu-out} WORK=${WORK:-/tmp/ddm-gpu}
mkdir -p "$OUT" "$WORK" || exit 2
# The driver's compiler cache is kept here, so that nothing is written to a home folder.
export CUDA_CACHE_PATH=$WORK/cache CUDA_CACHE_MAXSIZE=1073741824 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DOTNET_TieredPGO=0
PATH=$PATH:/usr/local/cuda/bin
app=$WORK/app data=$GPU/fashion-mnist jobs=$here/gpu
deadline=$((SECONDS + 60 * minutes))
phase_end=$deadline

for file in tools unpack facts conformance sanitizer job bench ncu; do
    # shellcheck source=/dev/null
    source "$here/gpu/$file.sh" || exit 2
done

verdicts=()
begin_phase unpack
unpack
verdicts+=("unpack $verdict")
find_driver
find_device

for ((i = 0; i < ${#phases[@]}; i++)); do
    phase=${phases[i]}
    rest=0
    for later in "${phases[@]:i}"; do rest=$((rest + weights[$later])); done
    phase_end=$((SECONDS + (deadline - SECONDS) * weights[$phase] / rest))
    begin_phase "$phase"
    "check_$phase"
    verdicts+=("$phase $verdict")
done

echo
printf '%s\n' "${verdicts[@]}" | python3 "$jobs/verdicts.py" "$OUT/verdicts.json" "$device"
