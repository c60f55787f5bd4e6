#!/usr/bin/env python3
"""Exact leave-one-group-out retraining, one group after another: what a PyTorch user would run to get the ground truth.

The demo's setting: Fashion-MNIST, 400 images per class, ConvNet of width 32 and depth 3, SGD 0.02 with momentum 0.9 and cosine to zero,
batch 64, 8 epochs; each training leaves one of 50 groups out (a fifth of a class here; the choice does not affect the time), keeps the
seed and the order, and drops the group's samples from the batches.
"""
import time

import torch
import torch.nn.functional as F

from common import arguments, convnet, fashion_mnist, median, report, start

GROUPS_PER_CLASS = 5


def train(x, y, keep, options, epochs):
    """One training; returns the network and the last batch's loss."""
    torch.manual_seed(options.seed)
    network = convnet(options.width, options.depth, options.norm)
    if options.channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    order = torch.Generator().manual_seed(options.seed)
    steps = epochs * -(-len(x) // options.batch)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(options.batch):
            rows = rows[keep[rows]]
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(network(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            scheduler.step()
    return network, loss.item()


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3, help="trainings to time, each without a different group")
    parser.add_argument("--epochs", type=int, default=8, help="epochs to run; the time is scaled to 8")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--per-class", type=int, default=400)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    start(options)
    x, y = fashion_mnist(options.data, options.per_class, options.seed)
    if options.channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    group = torch.arange(len(x)) * GROUPS_PER_CLASS // options.per_class  # the subset is ordered by class

    everything = torch.ones(len(x), dtype=torch.bool)
    train(x[:1024], y[:1024], everything[:1024], options, 1)  # warm-up
    seconds = []
    for removed in range(options.count):
        begin = time.perf_counter()
        network, loss = train(x, y, group != removed, options, options.epochs)
        seconds.append((time.perf_counter() - begin) * 8 / options.epochs)
        print(f"without group {removed}: {seconds[-1]:.2f} s per training of 8 epochs, last loss {loss:.3f}", flush=True)
    with torch.no_grad():
        accuracy = (network(x).argmax(1) == y).float().mean().item()
    figures = report(options, {
        "benchmark": "retraining", "width": options.width, "depth": options.depth, "norm": options.norm,
        "channels_last": options.channels_last,
        "images": len(x), "epochs_run": options.epochs, "trainings": options.count, "seconds_per_training": median(seconds),
        "seconds_of_50": 50 * median(seconds), "training_accuracy": accuracy})
    print(f"median {figures['seconds_per_training']:.2f} s per training, {figures['seconds_of_50']:.0f} s for 50 in turn "
          f"({options.threads} threads, {options.norm} norm, allocator {options.allocator}, training accuracy {accuracy:.3f})")


if __name__ == "__main__":
    main()
