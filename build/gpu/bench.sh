# bench: our rows and PyTorch's on the GPU, if python3 has PyTorch 2; each row is compared with the fastest of PyTorch's variants.
check_bench() {
    rm -f "$WORK/ours.json" "$WORK/torch.json"
    local reason='' status rows=train-step,forward,matching,online,retrain,conv-,gemm,instance-norm,relu-avgpool options=()
    if [[ -n $small ]]; then rows=conv-fwd-7x7 options=(--quick); fi
    if needs_device; then
        limited "$(left 45)" "$app/side-by-side" --device cuda --data "$data" --seconds 0.4 --only "$rows" --json "$WORK/ours.json" \
            ${options[@]+"${options[@]}"} > "$WORK/ours.log" 2>&1
        status=$?
        if [[ $status -ne 0 ]]; then reason="ours: $(why $status "$WORK/ours.log")"; tail -n 3 "$WORK/ours.log"; fi
    else
        reason=${verdict#*: }
    fi
    local torch=
    if [[ -n $small ]]; then torch="not asked: the rows are shortened"
    elif [[ -n $emulator ]]; then torch="not asked: the device is an emulator"
    elif ! python3 -c 'import torch' 2> /dev/null; then torch="python3 has no PyTorch"
    else
        local seconds
        seconds=$(left 95)
        limited $((seconds + 3)) python3 "$GPU/pytorch/gpu.py" --data "$data" --only "$rows" --budget "$seconds" --json "$WORK/torch.json" \
            > "$WORK/torch.log" 2>&1
        status=$?
        if [[ $status -ne 0 ]]; then torch=$(why $status "$WORK/torch.log"); tail -n 3 "$WORK/torch.log"; fi
    fi
    python3 "$jobs/times.py" "$WORK" "$OUT/bench.json" "$reason" "$torch" > "$WORK/bench.txt" 2>&1
    take "$WORK/bench.txt"
}
