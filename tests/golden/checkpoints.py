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
import torch.nn.functional as F
from torch import nn

from safetensors_io import save

DTYPES = {torch.int64: "I64", torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


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


class Residual(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return x + self.module(x)


class Scale(nn.Module):
    def forward(self, x):
        return 0.2 * x


def conv_norm(inputs, outputs, kernel=3, stride=1, padding=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def trak_resnet9(channels, width, classes):
    """The nn.Sequential of FFCV's CIFAR-10 example and of TRAK's."""
    w = width
    return nn.Sequential(
        conv_norm(channels, w), conv_norm(w, 2 * w, 5, 2, 2), Residual(nn.Sequential(conv_norm(2 * w, 2 * w), conv_norm(2 * w, 2 * w))),
        conv_norm(2 * w, 4 * w), nn.MaxPool2d(2), Residual(nn.Sequential(conv_norm(4 * w, 4 * w), conv_norm(4 * w, 4 * w))),
        conv_norm(4 * w, 2 * w, padding=0), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(2 * w, classes, bias=False), Scale())


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, shortcut):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.name = shortcut
        if stride != 1 or inputs != outputs:
            setattr(self, shortcut, nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (getattr(self, self.name)(x) if hasattr(self, self.name) else x))


class ResNet18(nn.Module):
    """With torchvision's names (`downsample`, `fc`) and stem, or with those of the usual CIFAR-10 code (`shortcut`, `linear`)."""

    def __init__(self, channels, width, classes, torchvision):
        super().__init__()
        self.torchvision, size, inputs = torchvision, 7 if torchvision else 3, width
        self.conv1 = nn.Conv2d(channels, width, size, 2 if torchvision else 1, size // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        for stage in range(4):
            blocks = []
            for i in range(2):
                blocks.append(BasicBlock(inputs, width << stage, 2 if stage > 0 and i == 0 else 1,
                                         "downsample" if torchvision else "shortcut"))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        setattr(self, "fc" if torchvision else "linear", nn.Linear(inputs, classes))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 1) if self.torchvision else x
        x = self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean(dim=(2, 3))
        return (self.fc if self.torchvision else self.linear)(x)


class Vgg11(nn.Module):
    """The dataset-condensation code's VGG11: `features`, then `classifier`."""

    def __init__(self, channels, width, classes):
        super().__init__()
        layers, inputs = [], channels
        for step in (1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"):
            if step == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            layers += [nn.Conv2d(inputs, step * width, 3, padding=1), nn.GroupNorm(step * width, step * width), nn.ReLU(inplace=True)]
            inputs = step * width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class AlexNet(nn.Module):
    """The dataset-condensation code's AlexNet: `features`, then `fc`."""

    def __init__(self, channels, width, classes, features):
        super().__init__()
        w, wide = width, 3 * width // 2
        self.features = nn.Sequential(
            nn.Conv2d(channels, w, 5, padding=4 if channels == 1 else 2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(w, wide, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(wide, 2 * w, 3, padding=1), nn.ReLU(),
            nn.Conv2d(2 * w, wide, 3, padding=1), nn.ReLU(), nn.Conv2d(wide, wide, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(wide * features, classes)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


class Logistic(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.linear(x.flatten(1))


# name -> (network, image shape, dtype, prefix of the names)
CASES = OrderedDict(
    sequential=lambda: (nn.Sequential(*convolutions(1, 4, 2), nn.Flatten(), nn.Linear(16, 3)), (1, 8, 8), torch.float32, ""),
    features=lambda: (Condensation(3, 9, 5, 2, 4), (3, 9, 9), torch.float64, ""),
    parallel=lambda: (Condensation(1, 8, 3, 1, 3), (1, 8, 8), torch.bfloat16, "module."),  # as nn.DataParallel names them
    mlp=lambda: (nn.Sequential(nn.Flatten(), nn.Linear(32, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3)), (2, 4, 4), torch.bfloat16, ""),
    lenet=lambda: (LeNet(3), (1, 12, 12), torch.float16, ""),
    resnet9=lambda: (trak_resnet9(3, 3, 4), (3, 12, 13), torch.float32, ""),
    resnet18=lambda: (ResNet18(3, 2, 4, torchvision=False), (3, 9, 10), torch.float32, "module."),
    torchvision=lambda: (ResNet18(3, 2, 4, torchvision=True), (3, 34, 36), torch.float32, ""),
    vgg11=lambda: (Vgg11(3, 2, 4), (3, 32, 33), torch.float32, ""),
    alexnet=lambda: (AlexNet(1, 4, 3, features=4), (1, 12, 12), torch.float32, ""),
    logistic=lambda: (Logistic(12, 3), (3, 2, 2), torch.float32, ""),
    batch_norm=lambda: (nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
                                      nn.Linear(3 * 4 * 4, 3)), (2, 8, 9), torch.float32, ""),
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
            for buffer_name, buffer in network.named_buffers():  # running statistics and counters
                if buffer.is_floating_point():
                    buffer.add_((0.3 * torch.randn_like(buffer)).abs() if buffer_name.endswith("var") else 0.3 * torch.randn_like(buffer))
                else:
                    buffer.fill_(7)
            network.eval()
            x = torch.randn((5, *shape))
            answers[f"{name}.x"] = x
            stored = OrderedDict((prefix + key, value.to(dtype) if value.is_floating_point() else value)
                                 for key, value in network.state_dict().items())
            answers[f"{name}.logits"] = network.double()(x.double())
        write_state_dict(os.path.join(options.out, f"checkpoint_{name}.safetensors"), stored)
    save(os.path.join(options.out, "checkpoint_answers.safetensors"), answers, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
