# sanitizer: a small job under NVIDIA's memcheck and racecheck, with plain products and with tensor cores.
check_sanitizer() {
    needs_device || return
    if [[ -n $emulator ]]; then skipped "the device is an emulator, which has checks of its own"; return; fi
    if ! have compute-sanitizer; then skipped "compute-sanitizer is not on this machine"; return; fi
    # Machine code with line numbers, so that reports name source lines; without it the driver compiles the PTX.
    local no_cubins=
    if [[ -z ${DDM_CUDA_PTX:-} ]]; then make_cubins "$(left 30)" || echo "reports name no source lines: $no_cubins"; fi
    : > "$OUT/sanitizer.txt"
    local runs=(memcheck:fp32 racecheck:fp32 memcheck:tf32x3 racecheck:tf32x3) i done=() bad=() line
    for ((i = 0; i < ${#runs[@]}; i++)); do
        line=$(sanitize "${runs[i]%:*}" "${runs[i]#*:}" "$(left $((100 / (${#runs[@]} - i))))")
        echo "$line"
        case $line in
            unsupported*) skipped "compute-sanitizer does not work on this machine: ${line#* }"; return ;;
            clean*) done+=("${line#* }") ;;
            *) bad+=("${line#* }") ;;
        esac
    done
    if [[ ${#bad[@]} -gt 0 ]]; then failed "$(printf '%s; ' "${bad[@]}")"; verdict=${verdict%; }; return; fi
    ok "$(printf '%s; ' "${done[@]}")"
    verdict=${verdict%; }
}

# sanitize TOOL PRECISION SECONDS: prints one line: clean, faulty or unsupported, then the tool's summary.
sanitize() {
    local log=$WORK/sanitizer-$1-$2.txt status summary
    rm -rf "$WORK/sanitized"
    (
        export DDM_CUDA_NO_CACHING=1
        if [[ -z ${DDM_CUDA_PTX:-} && -d $WORK/cubins ]]; then DDM_CUDA_PTX=$(cubins_path); export DDM_CUDA_PTX; fi
        limited "$3" compute-sanitizer --tool "$1" --target-processes all --error-exitcode 9 --print-limit 20 \
            "$app/ddm" run "$jobs/small.json" --run "$WORK/sanitized" --device cuda --precision "$2"
    ) > "$log" 2>&1
    status=$?
    { echo "== $1, $2"; head -c 200000 "$log"; } >> "$OUT/sanitizer.txt"
    summary=$(grep -oE '(ERROR|RACECHECK) SUMMARY.*' "$log" | tail -n 1)
    if grep -qiE 'device not supported|unable to find the injection|failed to initialize' "$log"; then
        echo "unsupported $(grep -m 1 -oiE '(device not supported|unable to find the injection|failed to initialize).*' "$log")"
    elif [[ $status -eq 0 && $summary == *"SUMMARY: 0 "* ]]; then
        echo "clean $1 $2: $summary"
    elif [[ $status -eq 124 || $status -eq 137 ]]; then
        echo "faulty $1 $2: no end within $3 s"
    else
        echo "faulty $1 $2: ${summary:-$(why $status "$log")}"
    fi
}
