"""Common code of the benchmarks: Fashion-MNIST, the ConvNet, and a report of medians."""
import argparse
import ctypes
import gzip
import json
import os
import platform
import statistics
import struct

import torch
from torch import nn


def arguments(description, norms=("instance", "group", "primitive")):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder with train-images-idx3-ubyte(.gz)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--norm", choices=norms, default="group", help="how to compute instance norm; group is the fastest measured")
    parser.add_argument("--allocator", choices=("keep", "default"), default="keep",
                        help="keep: glibc keeps freed memory (PyTorch at its best); "
                             "default: as installed, with page faults on every large tensor")
    parser.add_argument("--json", metavar="FILE", help="write the results to this file")
    return parser


def keep_freed_memory():
    """Tells glibc not to return freed memory to the kernel, which avoids page faults on every large tensor; False if it refuses."""
    libc = ctypes.CDLL(None)
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    # Without the second, every tensor above 32 MiB is mapped anew, unless an earlier row left a free block of that size.
    return bool(libc.mallopt(mmap_max, 0) and libc.mallopt(trim_threshold, -1))


def return_freed_memory():
    """Returns what glibc has kept, after large work: other processes may need it."""
    ctypes.CDLL(None).malloc_trim(0)


def start(options):
    if options.allocator == "keep" and not keep_freed_memory():
        raise SystemExit("mallopt refused its settings; use --allocator default")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)


def idx(folder, name):
    path = os.path.join(folder, name)
    with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")) as file:
        data = file.read()
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4:4 + 4 * dimensions])
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=4 + 4 * dimensions).reshape(shape)


def fashion_mnist(folder, per_class, seed):
    """(x [10·per_class, 1, 28, 28] normalised, y), a seeded subset of the training split with the same number of each class."""
    images, labels = idx(folder, "train-images-idx3-ubyte"), idx(folder, "train-labels-idx1-ubyte")
    random = torch.Generator().manual_seed(seed)
    of_class = [torch.nonzero(labels == c).flatten() for c in range(10)]
    chosen = torch.cat([rows[torch.randperm(len(rows), generator=random)[:per_class]] for rows in of_class])
    x = (images[chosen].float() / 255).unsqueeze(1)
    return (x - x.mean()) / x.std(), labels[chosen].long()


class PrimitiveNorm(nn.Module):
    """Instance norm from means and products: no fused kernel, but all transforms of PyTorch support these operations."""

    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        centred = x - x.mean((-2, -1), keepdim=True)
        scale = torch.rsqrt((centred * centred).mean((-2, -1), keepdim=True) + 1e-5)
        return centred * (scale * self.weight[:, None, None]) + self.bias[:, None, None]


NORMS = {"instance": lambda c: nn.InstanceNorm2d(c, affine=True), "group": lambda c: nn.GroupNorm(c, c), "primitive": PrimitiveNorm}


class Layout(nn.Module):
    """The same images in another memory format."""

    def __init__(self, memory_format):
        super().__init__()
        self.memory_format = memory_format

    def forward(self, x):
        return x.contiguous(memory_format=self.memory_format)


def convnet(width, depth, norm, channels=1, size=28, classes=10, mixed=False):
    """mixed: convolutions and pools channels-last, where pools are faster, and norms contiguous, where norms are faster."""
    layers = []
    for i in range(depth):
        before = [Layout(torch.contiguous_format)] if mixed else []
        after = [Layout(torch.channels_last)] if mixed else []
        layers += [nn.Conv2d(channels if i == 0 else width, width, 3, padding=1), *before, NORMS[norm](width), nn.ReLU(), *after,
                   nn.AvgPool2d(2)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * (size >> depth) ** 2, classes))
    return network.to(memory_format=torch.channels_last) if mixed else network


def median(seconds):
    return statistics.median(seconds)


def report(options, figures):
    figures = {
        "torch": torch.__version__, "threads": options.threads, "allocator": options.allocator, "machine": platform.machine(), **figures}
    text = json.dumps(figures, indent=2)
    if options.json:
        with open(options.json + ".tmp", "w") as file:
            file.write(text + "\n")
        os.replace(options.json + ".tmp", options.json)
    return figures
