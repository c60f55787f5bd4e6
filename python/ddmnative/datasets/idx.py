"""IDX files (MNIST's format), plain or gzipped: big-endian, two zero bytes, a type, the number of axes, the axes, the values."""

import gzip
import os

import numpy as np

from ..errors import NoData

_IMAGES = "train-images-idx3-ubyte"


def recognises(folder):
    return any(os.path.exists(os.path.join(folder, _IMAGES + end)) for end in ("", ".gz"))


def open_folder(folder):
    return IdxImages(read_part(folder, _IMAGES))


def read_part(folder, name):
    """The array of the file `name` or `name`.gz in a folder."""
    path = os.path.join(folder, name)
    return read(path if os.path.exists(path) else path + ".gz")


def read(path):
    """The array of an IDX file of bytes. A gzipped file is recognised by its content."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise NoData(f"{path}: found another header than that of an IDX file of bytes.")
    axes = data[3]
    shape = np.frombuffer(data, ">i4", axes, 4)
    if len(data) != 4 + 4 * axes + int(np.prod(shape)):
        raise NoData(f"{path}: found {len(data)} bytes, expected {4 + 4 * axes + int(np.prod(shape))} for {tuple(shape)}.")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


class IdxImages:
    def __init__(self, images):
        self._images = images

    def image(self, sample):
        return self._images[sample.source]
