"""Arrays of an npz file of a run, by name."""

import os
import zipfile

import numpy as np

from .errors import NotARun


class Arrays:
    """An npz file as a mapping; `get` returns None for arrays that an older ddm did not write."""

    def __init__(self, path):
        self.path = path
        try:
            with np.load(path, allow_pickle=False) as file:
                self._arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise NotARun(f"{path}: found an unreadable file ({error}), expected an npz that ddm wrote.") from None

    def __getitem__(self, name):
        if name not in self._arrays:
            raise NotARun(f"{self.path}: found no array '{name}', expected one. The file is not complete: run ddm attribute again.")
        return self._arrays[name]

    def get(self, name):
        return self._arrays.get(name)


def read_if_there(folder, name):
    """The arrays of a file of the run; None if there is no such file."""
    path = os.path.join(folder, name)
    return Arrays(path) if os.path.exists(path) else None
