"""A features.npz for `ddm attribute --data features.npz`, written in pieces."""

import zipfile

import numpy as np


class FeatureFile:
    """An npz of features, uncompressed, so that ddm reads single rows of it; it need not fit in memory.

        with FeatureFile("features.npz", float16=True) as file:
            file.write("", len(train), batches)          # x [N, D] and y [N]
            file.write("_test", len(test), batches)      # x_test and y_test
    """

    def __init__(self, path, float16=False):
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._type = np.dtype(np.float16 if float16 else np.float32)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._zip.close()

    def write(self, suffix, count, batches):
        """Writes x and y of one part ("" for training, "_test" for testing) from `count` samples in (features, labels) batches."""
        labels, entry = [], None
        for features, classes in batches:
            features = np.ascontiguousarray(features, self._type)
            if not np.isfinite(features).all():
                raise ValueError("a feature is not finite in " + self._type.name + "; use float32, or scale the features")
            if entry is None:
                entry = self._zip.open(f"x{suffix}.npy", "w", force_zip64=True)
                header = {"descr": self._type.str, "fortran_order": False, "shape": (count, features.shape[1])}
                np.lib.format.write_array_header_1_0(entry, header)
            entry.write(features.tobytes())
            labels.append(np.asarray(classes, np.int64))
        if entry is None:
            raise ValueError(f"no samples came, {count} were announced")
        entry.close()
        labels = np.concatenate(labels)
        if len(labels) != count:
            raise ValueError(f"{len(labels)} samples came, {count} were announced")
        with self._zip.open(f"y{suffix}.npy", "w") as entry:
            np.lib.format.write_array(entry, labels)
