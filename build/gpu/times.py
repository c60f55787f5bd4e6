"""Compares our times with the fastest PyTorch variant: times.py WORK FILE REASON TORCH; both say why ours or PyTorch's are missing.

Our fp32 and tf32x3 have float32's errors and are compared with PyTorch's fp32; our tf32 with its TF32.
"""
import json
import sys

OPPONENT = {"fp32": "fp32", "tf32x3": "fp32", "tf32": "tf32"}


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def fastest(torch):
    """{(row, precision): (seconds, variant)}."""
    best = {}
    for row in torch:
        key = row["name"], row["precision"]
        if "median_s" in row and (key not in best or row["median_s"] < best[key][0]):
            best[key] = row["median_s"], row["variant"]
    return best


def main(work, target, reason, no_torch):
    ours, torch = read(f"{work}/ours.json") or [], read(f"{work}/torch.json") or {}
    variants = torch.get("rows", [])
    best, slower, compared, errors = fastest(variants), [], 0, []
    print(f"{'row':26} {'ours':8} {'ms':>10} {'TFLOP/s':>8}   the fastest of PyTorch ({torch.get('torch') or no_torch})")
    for row in ours:
        name, precision = row["name"], row["precision"]
        if "error" in row:
            errors.append(f"{name}/{precision}: {' '.join(row['error'].split())[:160]}")
            print(f"{name:26} {precision:8} {errors[-1][:100]}")
            continue
        line = f"{name:26} {precision:8} {1e3 * row['median_s']:10.3f} {row.get('tflops') or 0:8.1f}"
        if (name, OPPONENT[precision]) in best:
            seconds, variant = best[name, OPPONENT[precision]]
            ratio = seconds / row["median_s"]
            compared += 1
            if ratio < 1:
                slower.append(f"{name}/{precision} {ratio:.2f}")
            line += f"   {1e3 * seconds:10.3f} ms, ratio {ratio:6.2f}, {variant}"
        print(line)
    with open(target, "w") as file:
        json.dump({"ours": ours, "torch": torch}, file, indent=1)
        file.write("\n")
    untried = sum(row.get("error") == "no time left" for row in variants)
    broken = sum("error" in row for row in variants) - untried
    counts = f"{len(ours)} rows, {compared} compared with PyTorch"
    if untried or broken:
        counts += f" ({untried} of its variants not tried for want of time, {broken} failed)"
    if no_torch:
        counts += f"; PyTorch: {no_torch}"
    if not ours:
        print(f"FAILED: {reason or 'no row of ours'}; {counts}")
    elif errors or reason:
        print(f"FAILED: {errors[0] if errors else reason}; {counts}")
    elif slower:
        print(f"FAILED: {counts}, {len(slower)} slower than PyTorch: {', '.join(slower)}")
    else:
        print(f"OK: {counts}, none slower")


main(*sys.argv[1:])
