#!/usr/bin/env python3
"""Loads a network of the library into PyTorch and writes one back, for a test that runs if PyTorch is installed.

    python3 pytorch_roundtrip.py DIR

DIR contains `ours.safetensors`, a ConvNet of width 6 and depth 2 for 3 classes of 2×10×10 images as the library writes it, and
`x.safetensors` with `x` [N, 2, 10, 10]. The script writes `answers.safetensors` with `ours` [N, 3], PyTorch's logits of that network,
and `theirs`, the logits of a second network, whose state_dict it writes as `theirs.safetensors`.
"""
import sys

import torch

from checkpoints import Condensation, write_state_dict
from networks import ConvNet
from safetensors_io import load, save

folder = sys.argv[1]
x = load(f"{folder}/x.safetensors")[0]["x"]
ours, _ = load(f"{folder}/ours.safetensors")
network = ConvNet(2, 10, 10, 3, 6, 2).module()
network.load_state_dict(ours)  # strict: every name and every shape

torch.manual_seed(3)
theirs = Condensation(2, 10, 6, 2, 3)
optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(theirs(x), torch.arange(len(x)) % 3).backward()
    optimizer.step()
write_state_dict(f"{folder}/theirs.safetensors", theirs.state_dict())
with torch.no_grad():
    save(f"{folder}/answers.safetensors", {"ours": network(x), "theirs": theirs(x)}, {})
