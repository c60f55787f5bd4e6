#!/usr/bin/env python3
"""PyTorch's half of the side-by-side benchmark: one long-lived process that executes requests, one JSON object per line.

  → {"prepare": {"kind": "conv-fwd", ...}, "probe": true}   ← {"variant": "contiguous", "probed": {"contiguous": 0.1, ...}}
  → {"run": 3}                                              ← {"seconds": [0.1, 0.1, 0.1]}      of the chosen variant
  → {"release": true}                                       ← {}                                frees the memory of the workload
  → {"reset_peak": true}                                    ← {}                                resets the peak memory
  → {"peak": true}                                          ← {"peak_bytes": 123}               of the whole process up to now

Preparing builds a workload's variants (in which an experienced PyTorch user would write it), warms each up and, if `probe` is set, times
them and keeps the fastest; otherwise it uses the first. Seconds are measured here, of the work only.
"""
import gc
import json
import sys
import time

import torch

from common import arguments, return_freed_memory, start
from workloads import KINDS


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def choose(variants, probe, name=None):
    """(name, work, seconds by name) of the named, the fastest or the first variant; unsupported variants are left out."""
    if not probe:
        name = name or next(iter(variants))
        work = variants[name]()
        work(True)
        return name, work, {}
    best, seconds = None, {}
    for name, build in variants.items():
        try:
            work = build()
            work(True)
            seconds[name] = min(timed(lambda: work(True)) for _ in range(2))
        except (ImportError, RuntimeError, NotImplementedError) as problem:
            print(f"{name}: {str(problem).splitlines()[0][:160]}", file=sys.stderr)
            continue
        if best is None or seconds[name] < seconds[best[0]]:
            best = (name, work)
    return *best, seconds


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def main():
    options = arguments(__doc__.splitlines()[0]).parse_args()
    start(options)
    answers, sys.stdout = sys.stdout, sys.stderr  # output of libraries must not appear between the answers
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                work = None  # frees the memory of the previous workload first
                spec = dict(request["prepare"])
                variant, work, probed = choose(
                    KINDS[spec.pop("kind")](options, **spec), request.get("probe", False), request.get("variant"))
                answer = {"variant": variant, "probed": probed}
            elif "run" in request:
                answer = {"seconds": [timed(lambda: work(False)) for _ in range(request["run"])]}
            elif "release" in request:
                work = None
                gc.collect()
                return_freed_memory()
                answer = {}
            elif "reset_peak" in request:
                with open("/proc/self/clear_refs", "w") as peak:
                    peak.write("5")
                answer = {}
            elif "peak" in request:
                answer = {"peak_bytes": peak_bytes()}
            else:
                answer = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        except Exception as problem:  # reported to the other side, which ends the comparison
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
