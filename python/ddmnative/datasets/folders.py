"""Folders of images: `train/CLASS/…`; groups.csv has the path of every sample."""

import os

import numpy as np

from ..errors import NoData
from . import netpbm, png


def recognises(folder):
    return os.path.isdir(os.path.join(folder, "train"))


def open_folder(folder):
    return FolderImages(folder)


class FolderImages:
    def __init__(self, folder):
        self._folder = folder

    def image(self, sample):
        if sample.file is None:
            raise NoData(f"{self._folder}: groups.csv has no files, so it is not known which image sample {sample.source} is.")
        path = os.path.join(self._folder, sample.file)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise NoData(f"{path}: found no readable file ({error.strerror}), expected the image of sample {sample.source}.") from None
        for reader in (netpbm, png):
            if reader.recognises(data):
                return reader.decode(path, data)
        return _with_pillow(path)


def _with_pillow(path):
    """JPEG, and PNG of the kinds that `png` does not read."""
    try:
        from PIL import Image
    except ImportError:
        raise NoData(f"{path}: this kind of image needs the package pillow, which is not installed.") from None
    with Image.open(path) as image:
        return np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
