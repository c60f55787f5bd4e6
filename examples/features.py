#!/usr/bin/env python3
"""Writes the features of a PyTorch model to features.npz, for `ddm attribute --data features.npz`.

Any torch.nn.Module and any loader of (images, labels) will do. The features are what enters the model's last linear layer (or a
layer that is named), caught by a hook, and go to the file batch by batch: neither the images nor the features need to fit in memory.

    from features import FeatureFile, penultimate
    with FeatureFile("features.npz", float16=True) as file:
        file.write("", len(train), penultimate(model, train_loader))        # x, y
        file.write("_test", len(test), penultimate(model, test_loader))     # x_test, y_test

As a program it shows the same with a small network, which it first trains, on random images or on a folder of IDX files
(Fashion-MNIST): python3 features.py --images random --out features.npz
"""

import argparse
import gzip
import os
import zipfile

import numpy as np
import torch


class FeatureFile:
    """A features.npz that is written in pieces, uncompressed, so that ddm can read single rows of it."""

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
        entry.close()
        labels = np.concatenate(labels)
        if len(labels) != count:
            raise ValueError(f"{len(labels)} samples came, {count} were announced")
        with self._zip.open(f"y{suffix}.npy", "w") as entry:
            np.lib.format.write_array(entry, labels)


def penultimate(model, loader, layer=None, device="cpu"):
    """Yields (features, labels) of every batch; features are the flattened input of `layer`, by default the last torch.nn.Linear."""
    layer = layer or [module for module in model.modules() if isinstance(module, torch.nn.Linear)][-1]
    caught = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0].flatten(1)))
    model.eval().to(device)
    try:
        with torch.no_grad():
            for images, labels in loader:
                model(images.to(device))
                yield caught.pop().float().cpu().numpy(), labels.numpy()
    finally:
        hook.remove()


def read_idx(path):
    opener, path = (gzip.open, path + ".gz") if os.path.exists(path + ".gz") else (open, path)
    with opener(path, "rb") as file:
        data = file.read()
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy())


def read_images(source):
    """(training set, test set): random images whose class is a bright row, or those of a folder with IDX files."""
    if source != "random":
        return [torch.utils.data.TensorDataset(read_idx(f"{source}/{part}-images-idx3-ubyte")[:, None] / 255,
                                               read_idx(f"{source}/{part}-labels-idx1-ubyte").long()) for part in ("train", "t10k")]
    sets = []
    for count in (4000, 1000):
        images, labels = torch.rand(count, 1, 28, 28), torch.randint(0, 10, (count,))
        images[torch.arange(count), 0, 2 * labels + 4] += 0.5
        sets.append(torch.utils.data.TensorDataset(images, labels))
    return sets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", default="random", help="'random', or a folder with IDX files")
    parser.add_argument("--out", default="features.npz")
    parser.add_argument("--float16", action="store_true", help="half the size; exact enough for features")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    train, test = read_images(arguments.images)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 5, stride=2), torch.nn.ReLU(), torch.nn.Conv2d(16, 32, 5, stride=2), torch.nn.ReLU(),
        torch.nn.Flatten(), torch.nn.Linear(512, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for images, labels in torch.utils.data.DataLoader(train, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    with FeatureFile(arguments.out, arguments.float16) as file:
        # Not shuffled: a row's number is the image's, which groups and effects refer to.
        for suffix, images in (("", train), ("_test", test)):
            file.write(suffix, len(images), penultimate(model, torch.utils.data.DataLoader(images, batch_size=256)))
    print(f"{arguments.out}: {len(train)} + {len(test)} samples of 128 features")


if __name__ == "__main__":
    main()
