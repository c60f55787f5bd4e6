"""The training images that a run refers to, read with numpy.

`open_images(source)` gives an object with `image(sample)`: the picture of a Sample as [H, W] or [H, W, 3], uint8, or float32 if the file
has floats.
"""

import os

from ..errors import NoData
from . import cifar, folders, idx, npz

FORMATS = [idx, cifar, npz, folders]


def open_images(source):
    """The training images of a run's `data.source`."""
    if source == "generated" or source.startswith("generated:"):
        raise NoData(f"{source}: pictures of generated data are in no file. The run's report.html shows them.")
    if source.endswith(".npz") and os.path.isfile(source):
        raise NoData(f"{source}: found features, which have no pictures.")
    folder = source if os.path.isdir(source) else os.path.join(_cache(), source)
    if not os.path.isdir(folder):
        raise NoData(f"{source}: found no such folder, expected the run's training data. Give their place: load(run, data=DIR).")
    for reader in FORMATS:
        if reader.recognises(folder):
            return reader.open_folder(folder)
    raise NoData(f"{folder}: found no known format, expected IDX, CIFAR binary, train.npz or train/CLASS/ with images.")


def _cache():
    """The folder of datasets that `ddm data fetch` has downloaded."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("DDM_DATA") or os.path.join(caches, "ddm", "data")
