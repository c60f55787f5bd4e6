"""Writes the first 400 training and 100 test images of each class of Fashion-MNIST as IDX files: pack_images.py FROM TO."""
import gzip
import os
import struct
import sys

PIXELS = 28 * 28


def read(folder, name):
    path = os.path.join(folder, name)
    with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")) as file:
        return file.read()


def write(folder, name, data):
    with open(os.path.join(folder, name + ".gz"), "wb") as file:
        # Without date and name: the same images give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=9, mtime=0) as packed:
            packed.write(data)


def main(source, target):
    os.makedirs(target)
    for split, per_class in (("train", 400), ("t10k", 100)):
        images, labels = read(source, f"{split}-images-idx3-ubyte"), read(source, f"{split}-labels-idx1-ubyte")
        seen, kept = [0] * 10, []
        for i, label in enumerate(labels[8:]):
            if seen[label] < per_class:
                seen[label] += 1
                kept.append(i)
        if seen != [per_class] * 10:
            sys.exit(f"{source}: {split} has {seen} images of its classes; expected {per_class} of each at least")
        pixels = b"".join(images[16 + PIXELS * i:16 + PIXELS * (i + 1)] for i in kept)
        write(target, f"{split}-images-idx3-ubyte", struct.pack(">IIII", 2051, len(kept), 28, 28) + pixels)
        write(target, f"{split}-labels-idx1-ubyte", struct.pack(">II", 2049, len(kept)) + bytes(labels[8 + i] for i in kept))


main(*sys.argv[1:])
