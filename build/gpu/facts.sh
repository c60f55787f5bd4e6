# facts: the device and its driver, the time of the first start, registers and spills by ptxas and by the driver's own compiler.
check_facts() {
    if have nvidia-smi; then
        nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm,power.limit --format=csv,noheader 2>&1 | head -n 4
    else
        echo "nvidia-smi is not on this machine"
    fi
    local library no_cubins=
    for library in "$app"/*.so; do
        # shellcheck disable=SC2012
        ldd "$library" 2> /dev/null | grep 'not found' | sed "s|^|$(basename "$library"): |"
    done
    make_cubins "$(left 40)" || echo "no registers by ptxas: $no_cubins"
    rm -f "$WORK/profile.json"
    local cold='' warm='' trouble=''
    if needs_device; then profile_device; fi
    python3 "$jobs/facts.py" "$WORK" "$OUT/facts.json" "$cold" "$warm" "${trouble:-${verdict#*: }}" > "$WORK/facts.txt" 2>&1
    take "$WORK/facts.txt"
}

# cold: seconds of a start that compiles everything it uses; warm: of a start that reads the driver's cache; trouble: what failed.
profile_device() {
    cold=$(CUDA_CACHE_DISABLE=1 timed_start) || { trouble="the first start: $cold"; cold=; return; }
    warm=$(timed_start) || { trouble="a later start: $warm"; warm=; return; }
    warm=$(timed_start) || { trouble="a later start: $warm"; warm=; return; }
    local rounds=5
    if [[ -n $small ]]; then rounds=1; fi
    # shellcheck disable=SC2046
    limited "$(left 90)" "$app/ddm" profile $(job_arguments wide) --device cuda --rounds $rounds --json \
        > "$WORK/profile.json" 2> "$WORK/profile.err"
    local status=$?
    if [[ $status -ne 0 ]]; then trouble="ddm profile: $(why $status "$WORK/profile.err")"; return; fi
    cp "$WORK/profile.json" "$OUT/profile.json"
}

# Prints the seconds of one round of a small job's loops, from the program's start; or, with a false status, the reason of a failure.
timed_start() {
    local begun status
    begun=$(date +%s%N)
    limited "$(left 60)" "$app/ddm" profile "$jobs/small.json" --device cuda --rounds 1 --json > "$WORK/start.json" 2> "$WORK/start.err"
    status=$?
    if [[ $status -ne 0 ]]; then why $status "$WORK/start.err"; return 1; fi
    local milliseconds=$((($(date +%s%N) - begun) / 1000000))
    printf '%d.%02d\n' $((milliseconds / 1000)) $((milliseconds % 1000 / 10))
}
