"""Whether a job came to the same on the GPU: effects.py WORK FILE. Two GPU runs must have the same bits, and the CPU's effects nearly.

A training of hundreds of steps amplifies the rounding of each: sums in another order move the trained network, and its effects, by far more
than a rounding. docs/gpu.md says what was measured to come to the bounds here.
"""
import filecmp
import json
import math
import os
import sys
import zipfile

import npz

# Hold times, or that a run is under way.
WITH_TIMES = {"run.json", "report.html", "evaluation.md", "run.lock"}
MOST_DISTANCE, LEAST_CORRELATION = 0.05, 0.998


def files_of(run):
    return {os.path.relpath(os.path.join(folder, name), run) for folder, _, names in os.walk(run) for name in names if name not in WITH_TIMES}


def different_files(a, b):
    names = sorted(files_of(a) | files_of(b))
    paths = [(name, os.path.join(a, name), os.path.join(b, name)) for name in names]
    return names, [n for n, x, y in paths if not (os.path.exists(x) and os.path.exists(y) and filecmp.cmp(x, y, shallow=False))]


def effects(run):
    """A flat list of effects for each method that the run has."""
    path = os.path.join(run, "attribution.npz")
    with zipfile.ZipFile(path) as archive:
        has_all = "matrices.npy" in archive.namelist()
    shape, values = npz.read(path, "matrices" if has_all else "matrix")
    methods = shape[0] if has_all else 1
    size = len(values) // methods
    return [values[m * size:(m + 1) * size] for m in range(methods)]


def compare(found, expected):
    """(‖found − expected‖ / ‖expected‖, correlation); not a number where a value is none."""
    distance = math.sqrt(sum((f - e) ** 2 for f, e in zip(found, expected)) / sum(e * e for e in expected))
    f_mean, e_mean = sum(found) / len(found), sum(expected) / len(expected)
    product = sum((f - f_mean) * (e - e_mean) for f, e in zip(found, expected))
    squares = sum((f - f_mean) ** 2 for f in found) * sum((e - e_mean) ** 2 for e in expected)
    return distance, product / math.sqrt(squares)


def main(work, target):
    names, different = different_files(f"{work}/job-first", f"{work}/job-second")
    print(f"{len(names)} files of two GPU runs, {len(different)} differ: {', '.join(different[:8]) or 'none'}")
    expected, worst, rows = effects(f"{work}/job-cpu"), {}, []
    for run, label in (("first", "fp32"), ("tf32x3", "tf32x3")):
        pairs = [compare(*both) for both in zip(effects(f"{work}/job-{run}"), expected, strict=True)]
        for m, (distance, correlation) in enumerate(pairs):
            rows.append({"precision": label, "method": m, "distance": distance, "correlation": correlation})
            print(f"{label:7} method {m}: differs from the CPU by {distance:.2e} of the norm, correlation {correlation:.6f}")
        worst[label] = (max(d for d, _ in pairs), min(c for _, c in pairs))
    with open(target, "w") as file:
        json.dump({"files": len(names), "different": different, "against_cpu": rows}, file, indent=1)
        file.write("\n")
    figures = "; ".join(f"{label} at most {d:.1e} of the norm from the CPU, correlation {c:.4f} at least" for label, (d, c) in worst.items())
    # Written so that what is no number fails.
    near = all(d <= MOST_DISTANCE and c >= LEAST_CORRELATION for d, c in worst.values())
    same = f"{len(names)} files the same" if not different else f"{len(different)} of {len(names)} files differ between two GPU runs"
    print(f"{'OK' if near and names and not different else 'FAILED'}: {same}; {figures} (bounds {MOST_DISTANCE}, {LEAST_CORRELATION})")


main(*sys.argv[1:])
