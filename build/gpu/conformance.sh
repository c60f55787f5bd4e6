# conformance: every operation against its double-precision reference; those with products in three precisions, in parallel.
check_conformance() {
    needs_device || return
    rm -f "$OUT/conformance.json"
    local seconds status
    seconds=$(left 97)
    limited $((seconds + 5)) "$app/gpu-check" --class CudaConformance --sample "$sample" --seconds "$seconds" \
        --json "$OUT/conformance.json" > "$WORK/conformance.log" 2>&1
    status=$?
    cut -c 1-600 "$WORK/conformance.log" | tail -n 40
    python3 "$jobs/conformance.py" "$OUT/conformance.json" "$sample" "$(why $status "$WORK/conformance.log")" > "$WORK/conformance.txt" 2>&1
    take "$WORK/conformance.txt"
}
