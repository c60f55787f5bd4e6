#!/usr/bin/env python3
"""The accuracy that PyTorch reaches with the recipe of `build/recipe.sh`: CIFAR-10's binary files, a ResNet-9 with batch norm, SGD with
momentum and weight decay, one cycle, label smoothing, random crops and flips. Each seed draws an initialisation, an order and moves.
"""
import argparse
import glob
import os
import time

import numpy
import torch
import torch.nn.functional as F

from common import keep_freed_memory
from resnet9 import ResNet9

CLASSES, SIZE, WARMUP = 10, 32, 0.2


def read(folder, pattern, per_class):
    """(images [N, 3, 32, 32] in 0…1, labels [N]): the first `per_class` of each class."""
    files = sorted(glob.glob(os.path.join(folder, pattern)))
    if not files:
        raise SystemExit(f"recipe: {folder} has no file {pattern}; expected CIFAR-10's binary files")
    rows = numpy.concatenate([numpy.fromfile(name, numpy.uint8).reshape(-1, 1 + 3 * SIZE * SIZE) for name in files])
    labels = rows[:, 0]
    chosen = numpy.sort(numpy.concatenate([numpy.nonzero(labels == c)[0][:per_class] for c in range(CLASSES)]))
    images = torch.from_numpy(rows[chosen, 1:].reshape(-1, 3, SIZE, SIZE)).float() / 255
    return images, torch.from_numpy(labels[chosen].astype(numpy.int64))


def learning_rate(step, steps, highest):
    """Linearly up in the first fifth of the steps, then linearly to zero."""
    rise = WARMUP * steps
    return highest * (step / rise if step < rise else (steps - step) / (steps - rise))


def moved(x, crop, flip, generator):
    """Each image moved by up to `crop` pixels along each axis, zeros beyond the edge, and mirrored with probability 1/2."""
    if crop:
        shifts = torch.randint(0, 2 * crop + 1, (len(x), 2), generator=generator)
        padded = F.pad(x, [crop] * 4)
        x = torch.stack([image[:, top:top + SIZE, left:left + SIZE] for image, (top, left) in zip(padded, shifts.tolist())])
    if flip:
        mirrored = torch.rand(len(x), generator=generator) < 0.5
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    return x


def train(options, x, y, seed):
    torch.manual_seed(seed)
    network, generator = ResNet9(options.width), torch.Generator().manual_seed(seed)
    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=options.weight_decay)
    steps, step = options.epochs * -(-len(x) // options.batch), 0
    for _ in range(options.epochs):
        for rows in torch.randperm(len(x), generator=generator).split(options.batch):
            optimizer.param_groups[0]["lr"] = learning_rate(step, steps, options.learning_rate)
            optimizer.zero_grad(set_to_none=True)
            images = moved(x[rows], options.crop, options.flip, generator).contiguous(memory_format=torch.channels_last)
            F.cross_entropy(network(images), y[rows], label_smoothing=options.label_smoothing).backward()
            optimizer.step()
            step += 1
    return network.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="folder with CIFAR-10's binary files")
    parser.add_argument("--train-per-class", type=int, default=900)
    parser.add_argument("--test-per-class", type=int, default=200)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--crop", type=int, default=2)
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if not keep_freed_memory():
        print("recipe: mallopt refused its settings; PyTorch's times include page faults", flush=True)
    torch.set_num_threads(options.threads)
    x, y = read(options.data, "data_batch_*.bin", options.train_per_class)
    test_x, test_y = read(options.data, "test_batch.bin", options.test_per_class)
    mean, deviation = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True)
    x, test_x = (x - mean) / deviation, (test_x - mean) / deviation
    for seed in range(1, options.seeds + 1):
        begin = time.perf_counter()
        network = train(options, x, y, seed)
        seconds = time.perf_counter() - begin
        with torch.inference_mode():
            right = sum((network(part).argmax(1) == labels).sum().item() for part, labels in zip(test_x.split(500), test_y.split(500)))
        print(f"PyTorch {torch.__version__}, seed {seed}: test accuracy {right / len(test_y):.3f}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
