# ncu: Nsight Compute's counters of the four kernels that take most of a wide job's time, and of the first of them on tensor cores.
check_ncu() {
    needs_device || return
    if [[ -n $emulator ]]; then skipped "the device is an emulator"; return; fi
    if ! have ncu; then skipped "ncu is not on this machine"; return; fi
    local status
    if [[ ! -s $WORK/profile.json ]]; then
        # shellcheck disable=SC2046
        limited "$(left 40)" "$app/ddm" profile $(job_arguments wide) --device cuda --rounds 1 --json \
            > "$WORK/profile.json" 2> "$WORK/profile.err"
        status=$?
        if [[ $status -ne 0 ]]; then rm -f "$WORK/profile.json"; failed "ddm profile: $(why $status "$WORK/profile.err")"; return; fi
    fi
    local kernels i
    mapfile -t kernels < <(python3 "$jobs/kernels.py" "$WORK/profile.json")
    : > "$OUT/ncu.csv"
    : > "$WORK/ncu.log"
    for ((i = 0; i < ${#kernels[@]}; i++)); do
        count_kernel "${kernels[i]%:*}" "${kernels[i]#*:}" "$(left $((100 / (${#kernels[@]} - i))))"
    done
    local counted trouble
    counted=$(grep -c '^"[0-9]' "$OUT/ncu.csv")
    # The driver may restrict access to the counters, and a sandbox may have none: that is not a failure of ddm, and no setting is changed.
    trouble=$(grep -m 1 -E '==ERROR==|ERR_NVGPUCTRPERM|Failed to initialize' "$WORK/ncu.log" | tail -c 300)
    if [[ $counted -gt 0 ]]; then ok "counters of $counted kernels of ${#kernels[@]} asked for in ncu.csv: ${kernels[*]%:*}"
    elif [[ -n $trouble ]]; then skipped "ncu cannot read counters here: $trouble"
    else failed "no kernel was counted: $(why "$status" "$WORK/ncu.log")"; fi
}

# count_kernel NAME PRECISION SECONDS: counts its third launch, without locking the clocks, which would change a setting of the card.
count_kernel() {
    local metrics=(
        gpu__time_duration.sum launch__registers_per_thread launch__occupancy_limit_registers
        sm__warps_active.avg.pct_of_peak_sustained_active smsp__issue_active.avg.pct_of_peak_sustained_active
        sm__inst_executed_pipe_fma.avg.pct_of_peak_sustained_active sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active
        sm__throughput.avg.pct_of_peak_sustained_elapsed dram__throughput.avg.pct_of_peak_sustained_elapsed dram__bytes.sum
        lts__t_sector_hit_rate.pct l1tex__data_bank_conflicts_pipe_lsu.sum smsp__inst_executed_op_local_ld.sum
        smsp__average_warps_issue_stalled_barrier_per_issue_active.ratio
        smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio
        smsp__average_warps_issue_stalled_short_scoreboard_per_issue_active.ratio)
    # shellcheck disable=SC2046
    limited "$3" ncu --clock-control none --target-processes all --kernel-name "regex:^$1\$" --launch-skip 2 --launch-count 1 \
        --metrics "$(IFS=,; echo "${metrics[*]}")" --csv --page raw \
        "$app/ddm" profile $(job_arguments wide) --device cuda --precision "$2" --rounds 1 > "$WORK/ncu.out" 2>&1
    status=$?
    cat "$WORK/ncu.out" >> "$WORK/ncu.log"
    grep -v '^==' "$WORK/ncu.out" | grep -A 3 '"ID"' >> "$OUT/ncu.csv"
}
