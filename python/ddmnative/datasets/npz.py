"""`train.npz` with `x` [N, C, H, W], [N, H, W], or [N, H, W, C] if `layout` is NHWC."""

import os

import numpy as np

from ..errors import NoData

_FILE = "train.npz"


def recognises(folder):
    return os.path.exists(os.path.join(folder, _FILE))


def open_folder(folder):
    path = os.path.join(folder, _FILE)
    with np.load(path, allow_pickle=False) as file:
        images = file["x"]
        layout = str(np.ravel(file["layout"])[0]) if "layout" in file.files else "NCHW"
    if images.ndim not in (3, 4):
        raise NoData(f"{path}, x: found {images.ndim} axes, expected images, [N, C, H, W] or [N, H, W].")
    return NpzImages(images.transpose(0, 2, 3, 1) if images.ndim == 4 and layout == "NCHW" else images)


class NpzImages:
    def __init__(self, images):
        # [N, H, W] or [N, H, W, C]
        self._images = images

    def image(self, sample):
        image = self._images[sample.source]
        # Only three channels are colours; of any other number the first is shown.
        return image if image.ndim == 2 or image.shape[2] == 3 else image[:, :, 0]
