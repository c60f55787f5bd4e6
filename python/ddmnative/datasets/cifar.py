"""CIFAR-10's and CIFAR-100's binary files: records of one or two label bytes and three planes of 32 × 32 bytes."""

import glob
import os

import numpy as np

from ..errors import NoData

_PIXELS = 3 * 32 * 32


def recognises(folder):
    return bool(_files(folder))


def open_folder(folder):
    files = _files(folder)
    labels = 2 if files[0].endswith("train.bin") else 1
    return CifarImages(np.concatenate([_read(path, labels) for path in files]))


def _files(folder):
    batches = sorted(glob.glob(os.path.join(glob.escape(folder), "data_batch_*.bin")))
    return batches or glob.glob(os.path.join(glob.escape(folder), "train.bin"))


def _read(path, labels):
    data = np.fromfile(path, np.uint8)
    if len(data) % (labels + _PIXELS):
        raise NoData(f"{path}: found {len(data)} bytes, expected a multiple of {labels + _PIXELS}.")
    return data.reshape(-1, labels + _PIXELS)[:, labels:]


class CifarImages:
    def __init__(self, planes):
        self._planes = planes

    def image(self, sample):
        return self._planes[sample.source].reshape(3, 32, 32).transpose(1, 2, 0)
