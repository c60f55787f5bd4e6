#!/usr/bin/env python3
"""Writes the features of a PyTorch model to features.npz, for `ddm attribute --data features.npz`.

Any torch.nn.Module and any loader of (images, labels) will do. The features are what enters the model's last linear layer (or a
layer that is named), caught by a hook, and go to the file batch by batch: neither the images nor the features need to fit in memory.

    import ddmnative.torch
    ddmnative.torch.save_features(model, train_loader, test_loader, "features.npz", float16=True)

As a program it shows the same with a small network, which it first trains, on random images or on a folder of IDX files
(Fashion-MNIST): python3 features.py --images random --out features.npz
"""

import argparse
import os
import sys

import numpy as np
import torch

# The package beside this script; not needed where `pip install ./python` has installed it.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import ddmnative.torch  # noqa: E402
from ddmnative.datasets import idx  # noqa: E402


def read_images(source):
    """(training set, test set): random images whose class is a bright row, or those of a folder with IDX files."""
    if source != "random":
        parts = [(idx.read_part(source, f"{part}-images-idx3-ubyte") / np.float32(255),
                  idx.read_part(source, f"{part}-labels-idx1-ubyte").astype(np.int64)) for part in ("train", "t10k")]
        return [torch.utils.data.TensorDataset(torch.from_numpy(images)[:, None], torch.from_numpy(labels)) for images, labels in parts]
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

    # Not shuffled: a row's number is the image's, which groups and effects refer to.
    loaders = [torch.utils.data.DataLoader(images, batch_size=256) for images in (train, test)]
    ddmnative.torch.save_features(model, *loaders, arguments.out, float16=arguments.float16)
    print(f"{arguments.out}: {len(train)} + {len(test)} samples of 128 features")


if __name__ == "__main__":
    main()
