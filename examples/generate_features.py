#!/usr/bin/env python3
"""Writes generated features of any size to an .npz file, piece by piece: classes are Gaussian clouds around random centres.

    python3 generate_features.py --rows 1000000 --columns 512 --classes 1000 --test-rows 2000 --float16 --out features.npz
"""

import argparse

import numpy as np

from features import FeatureFile


def batches(count, centres, seed, spread, piece=10000):
    random = np.random.default_rng(seed)
    classes, columns = centres.shape
    for first in range(0, count, piece):
        # Every class in turn, so that all have the same number of rows.
        labels = np.arange(first, min(first + piece, count)) % classes
        noise = random.standard_normal((len(labels), columns), np.float32)
        yield centres[labels] + spread * noise, labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 100000), ("columns", 128), ("classes", 100), ("test-rows", 1000), ("seed", 1)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--spread", type=float, default=1.0, help="the standard deviation around the centres, whose own is 0.25")
    parser.add_argument("--float16", action="store_true")
    parser.add_argument("--out", default="features.npz")
    a = parser.parse_args()
    centres = 0.25 * np.random.default_rng(a.seed).standard_normal((a.classes, a.columns), np.float32)
    with FeatureFile(a.out, a.float16) as file:
        file.write("", a.rows, batches(a.rows, centres, a.seed + 1, a.spread))
        file.write("_test", a.test_rows, batches(a.test_rows, centres, a.seed + 2, a.spread))
    print(f"{a.out}: {a.rows} + {a.test_rows} rows of {a.columns} features, {a.classes} classes")


if __name__ == "__main__":
    main()
