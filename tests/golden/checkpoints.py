#!/usr/bin/env python3
"""Writes `checkpoint_*.safetensors`: state_dicts of networks under names that are common in PyTorch code, in several
dtypes, and the logits of the networks.

    python3 checkpoints.py [--out DIR]        # the same bytes every time

`checkpoint_NAME.safetensors` has the contents that `safetensors.torch.save_file(network.state_dict(), …)` would write: only tensors,
sorted by name. `checkpoint_answers.safetensors` contains `NAME.x` [N, C, H, W] and `NAME.logits` [N, K], computed in float64 from the
parameters as stored.
"""
import argparse
import json
import os
import struct
from collections import OrderedDict

import torch
from torch import nn

from safetensors_io import save

DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def convolutions(channels, width, depth):
    layers = []
    for i in range(depth):
        layers += [nn.Conv2d(channels if i == 0 else width, width, 3, padding=1), nn.GroupNorm(width, width, affine=True), nn.ReLU(inplace=True), nn.AvgPool2d(2, 2)]
    return layers


class Condensation(nn.Module):
    """The ConvNet of the dataset-condensation code: `features`, then `classifier`."""

    def __init__(self, channels, size, width, depth, classes):
        super().__init__()
        self.features = nn.Sequential(*convolutions(channels, width, depth))
        self.classifier = nn.Linear(width * (size >> depth) ** 2, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class LeNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(16, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


# name -> (network, image shape, dtype, prefix of the names)
CASES = OrderedDict(
    sequential=lambda: (nn.Sequential(*convolutions(1, 4, 2), nn.Flatten(), nn.Linear(16, 3)), (1, 8, 8), torch.float32, ""),
    features=lambda: (Condensation(3, 9, 5, 2, 4), (3, 9, 9), torch.float64, ""),
    parallel=lambda: (Condensation(1, 8, 3, 1, 3), (1, 8, 8), torch.bfloat16, "module."),  # as nn.DataParallel names them
    mlp=lambda: (nn.Sequential(nn.Flatten(), nn.Linear(32, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3)), (2, 4, 4), torch.bfloat16, ""),
    lenet=lambda: (LeNet(3), (1, 12, 12), torch.float16, ""),
)


def write_state_dict(path, tensors):
    header, blocks, offset = {}, [], 0
    for name in sorted(tensors):
        values = tensors[name].detach().contiguous()
        data = (values.view(torch.int16) if values.dtype == torch.bfloat16 else values).numpy().tobytes()
        header[name] = {"dtype": DTYPES[values.dtype], "shape": list(values.shape), "data_offsets": [offset, offset + len(data)]}
        blocks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    options = parser.parse_args()
    answers = OrderedDict()
    for seed, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        network, shape, dtype, prefix = case()
        with torch.no_grad():
            for parameter_name, parameter in network.named_parameters():
                if parameter.dim() == 1:  # norms start as ones and zeros, which would hide a mix-up
                    parameter.add_(0.3 * torch.randn_like(parameter))
                parameter.copy_(parameter.to(dtype).to(torch.float32))
            x = torch.randn((5, *shape))
            answers[f"{name}.x"] = x
            stored = OrderedDict((prefix + key, value.to(dtype)) for key, value in network.state_dict().items())
            answers[f"{name}.logits"] = network.double()(x.double())
        write_state_dict(os.path.join(options.out, f"checkpoint_{name}.safetensors"), stored)
    save(os.path.join(options.out, "checkpoint_answers.safetensors"), answers, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
