#!/usr/bin/env python3
"""Writes CIFAR-2, the cats and dogs of CIFAR-10, as a folder for ddm (train.npz and test.npz).

    python3 cifar2.py cifar-10-batches-bin cifar-2
"""

import argparse
import pathlib

import numpy as np

CLASSES = {3: "cat", 5: "dog"}
RECORD = 1 + 3 * 32 * 32


def read(files):
    """The label [N] and the pixels [N, 3, 32, 32] of CIFAR's binary files."""
    records = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, RECORD) for file in files])
    return records[:, 0], records[:, 1:].reshape(-1, 3, 32, 32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="the folder of CIFAR-10's binary files")
    parser.add_argument("out", type=pathlib.Path, help="the folder to write")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for split, pattern in (("train", "data_batch_*.bin"), ("test", "test_batch.bin")):
        files = sorted(arguments.source.glob(pattern))
        if not files:
            parser.error(f"{arguments.source} has no {pattern}")
        labels, images = read(files)
        chosen = np.isin(labels, list(CLASSES))
        np.savez(arguments.out / f"{split}.npz", x=images[chosen], y=np.searchsorted(list(CLASSES), labels[chosen]),
                 class_names=np.array(list(CLASSES.values())))


if __name__ == "__main__":
    main()
