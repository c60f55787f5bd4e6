"""Prints registers and spills of all kernels and times of a job's loops: facts.py WORK FILE COLD WARM TROUBLE. Ends with the verdict."""
import json
import re
import sys

MOST_SHOWN = 12


def read_ptxas(path):
    """{kernel: (registers, bytes of spill stores, bytes of spill loads)} from what `ptxas -v` printed."""
    kernels, name, spilled = {}, None, (0, 0)
    try:
        with open(path, errors="replace") as log:
            lines = log.readlines()
    except OSError:
        return kernels
    for line in lines:
        if entry := re.search(r"Compiling entry function '(\w+)'", line):
            name, spilled = entry.group(1), (0, 0)
        elif spill := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = tuple(map(int, spill.groups()))
        elif (used := re.search(r"Used (\d+) registers", line)) and name:
            kernels[name] = (int(used.group(1)), *spilled)
    return kernels


def read_profile(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def show_registers(kernels):
    spilling = {name for name, (_, stores, loads) in kernels.items() if stores or loads}
    print(f"{len(kernels)} kernels by ptxas, {len(spilling)} of them spill; those that spill, then those with most registers:")
    order = sorted(kernels, key=lambda name: (name not in spilling, -kernels[name][0]))
    for name in order[:MOST_SHOWN]:
        registers, stores, loads = kernels[name]
        print(f"  {name:56} {registers:4} registers, spills {stores}/{loads} B")
    return sorted(spilling)


def show_loops(profile):
    for loop in profile["loops"]:
        kernels = sorted(loop["kernels"], key=lambda kernel: -kernel["seconds"])
        spent = 1e3 * sum(kernel["seconds"] for kernel in kernels)
        print(f"{loop['name']}: {spent:.3f} ms in kernels, {sum(kernel['calls'] for kernel in kernels):.0f} launches; most of it in")
        for kernel in kernels[:3]:
            print(f"  {kernel['kernel']:56} {kernel['blocks']:7} x {kernel['threads_per_block']:4} {1e3 * kernel['seconds']:9.3f} ms")


def main(work, target, cold, warm, trouble):
    kernels, profile = read_ptxas(f"{work}/ptxas.log"), read_profile(f"{work}/profile.json")
    spilling = show_registers(kernels) if kernels else []
    local = []
    if profile:
        local = [kernel["kernel"] for kernel in profile["kernels"] if kernel["local_bytes"]]
        show_loops(profile)
    with open(target, "w") as file:
        json.dump({
            "devices": read_profile(f"{work}/devices.json"), "cold_start_s": float(cold) if cold else None,
            "warm_start_s": float(warm) if warm else None, "spilling_by_ptxas": spilling, "local_memory_by_driver": local,
            "ptxas": {name: {"registers": r, "spill_store_bytes": s, "spill_load_bytes": l} for name, (r, s, l) in sorted(kernels.items())},
        }, file, indent=1)
        file.write("\n")
    starts = f"first start {cold} s, later {warm} s"
    by_ptxas = f"{len(kernels)} kernels by ptxas without spills" if kernels else "registers by ptxas not known"
    if not profile:
        print(f"FAILED: {trouble}")
    elif spilling or local:
        which = sorted({*spilling, *local})
        print(f"FAILED: {len(which)} kernels use local memory, by ptxas or the driver: {', '.join(which[:6])}; {starts}")
    else:
        print(f"OK: {profile['device']}; {starts}; {by_ptxas}, no local memory by the driver")


main(*sys.argv[1:])
