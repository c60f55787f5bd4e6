"""Compares a job's results: two GPU runs must have the same bits, and nearly the CPU's network and effects.

  effects.py WORK FILE        the runs job-cpu, job-first, job-second and job-tf32x3 of a folder; the last line is the verdict
  effects.py --between A B    how far the run A is from the run B, whatever they ran on

Training amplifies the rounding of each step: sums in another order change the network, and its effects, by far more than a rounding. The
bounds are three times the effect of changing the images by one unit in the last place on one device (docs/gpu.md); a kernel that computes
something else leaves no correlation.
"""
import array
import filecmp
import json
import math
import os
import struct
import sys
import zipfile

import npz

# Contain times, or show that a run is in progress.
WITH_TIMES = {"run.json", "report.html", "evaluation.md", "run.lock"}
MOST_NETWORK_DISTANCE = 0.015
MOST_DISTANCE, LEAST_CORRELATION = 0.5, 0.95


def files_of(run):
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(run) for name in names if name not in WITH_TIMES]
    return {os.path.relpath(path, run) for path in paths}


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


def network(run):
    """The trained network's parameters, a flat list."""
    with open(os.path.join(run, "target.safetensors"), "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {name: tensor for name, tensor in json.loads(data[8:start]).items() if name != "__metadata__"}
    values = array.array("f")
    for name in sorted(tensors):
        begin, end = tensors[name]["data_offsets"]
        values.frombytes(data[start + begin:start + end])
    return values.tolist()


def compare(found, expected):
    """(‖found − expected‖ / ‖expected‖, correlation); not a number if a value is missing."""
    distance = math.sqrt(sum((f - e) ** 2 for f, e in zip(found, expected)) / sum(e * e for e in expected))
    f_mean, e_mean = sum(found) / len(found), sum(expected) / len(expected)
    product = sum((f - f_mean) * (e - e_mean) for f, e in zip(found, expected))
    squares = sum((f - f_mean) ** 2 for f in found) * sum((e - e_mean) ** 2 for e in expected)
    return distance, product / math.sqrt(squares)


def rows_of(run, other, label):
    """The network's row, then one for each method: the distance of the run from the other one."""
    pairs = [("network", network(run), network(other))]
    pairs += [(f"method {m}", *both) for m, both in enumerate(zip(effects(run), effects(other), strict=True))]
    rows = []
    for what, found, expected in pairs:
        distance, correlation = compare(found, expected)
        print(f"{label:7} {what:9} differs by {distance:.2e} of the norm, correlation {correlation:.6f}")
        rows.append({"precision": label, "what": what, "distance": distance, "correlation": correlation})
    return rows


def is_near(row):
    """Written so that NaN is not near."""
    if row["what"] == "network":
        return row["distance"] <= MOST_NETWORK_DISTANCE
    return row["distance"] <= MOST_DISTANCE and row["correlation"] >= LEAST_CORRELATION


def figures(label, rows):
    own = [row for row in rows if row["precision"] == label]
    distance, correlation = max(row["distance"] for row in own[1:]), min(row["correlation"] for row in own[1:])
    return f"{label} from the CPU: network {own[0]['distance']:.1e}, effects {distance:.1e} at most, correlation {correlation:.4f} at least"


def main(work, target):
    names, different = different_files(f"{work}/job-first", f"{work}/job-second")
    print(f"{len(names)} files of two GPU runs, {len(different)} differ: {', '.join(different[:8]) or 'none'}")
    rows = []
    for run, label in (("first", "fp32"), ("tf32x3", "tf32x3")):
        rows += rows_of(f"{work}/job-{run}", f"{work}/job-cpu", label)
    with open(target, "w") as file:
        json.dump({"files": len(names), "different": different, "against_cpu": rows}, file, indent=1)
        file.write("\n")
    same = f"{len(names)} files the same" if not different else f"{len(different)} of {len(names)} files differ between two GPU runs"
    word = "OK" if names and not different and all(map(is_near, rows)) else "FAILED"
    bounds = f"bounds {MOST_NETWORK_DISTANCE}, {MOST_DISTANCE}, {LEAST_CORRELATION}"
    print(f"{word}: {same}; {'; '.join(figures(label, rows) for label in ('fp32', 'tf32x3'))} ({bounds})")


if sys.argv[1] == "--between":
    rows_of(*sys.argv[2:4], "")
else:
    main(*sys.argv[1:])
