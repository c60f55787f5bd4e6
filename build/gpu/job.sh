# job: the demo twice on the GPU, which must give the same bits; and against the CPU's effects, in float32 and 3×TF32.
check_job() {
    needs_device || return
    # Runs of an earlier call would resume from their end, and prove nothing.
    rm -rf "$WORK"/job-*
    local cpu run status trouble=
    run_job cpu "$(left 95)" --device cpu &
    cpu=$!
    for run in first:fp32 second:fp32 tf32x3:tf32x3; do
        run_job "${run%:*}" "$(left 80)" --device cuda --precision "${run#*:}"
        status=$?
        if [[ $status -ne 0 ]]; then trouble+="${run%:*} run: $(why $status "$WORK/job-${run%:*}.log"); "; fi
    done
    wait "$cpu"
    status=$?
    if [[ $status -ne 0 ]]; then trouble+="CPU run: $(why $status "$WORK/job-cpu.log"); "; fi
    if [[ -n $trouble ]]; then failed "${trouble%; }"; return; fi
    python3 "$jobs/effects.py" "$WORK" "$OUT/job.json" > "$WORK/job.txt" 2>&1
    take "$WORK/job.txt"
}

# run_job NAME SECONDS OPTIONS…
run_job() {
    local begun=$SECONDS status
    # shellcheck disable=SC2046
    limited "$2" "$app/ddm" run $(job_arguments demo) --run "$WORK/job-$1" "${@:3}" > "$WORK/job-$1.log" 2>&1
    status=$?
    echo "$1 run: $((SECONDS - begun)) s"
    return $status
}
