"""The three golden networks as functions of (parameters, input), written from primitives that PyTorch can differentiate twice.

A network is an object with `name`, `parameters(generator)` (an ordered dictionary of float32-representable float64 tensors under
PyTorch's names), `forward(parameters, x, kinks)` (logits; the ReLU inputs are appended to `kinks` when it is a list) and `module()`
(the same network of torch.nn layers, to which `generate.py` compares the functions).
"""
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-5


def rounded(tensor):
    """float64 values that float32 represents exactly, so that both sides of a comparison start from the same numbers."""
    return tensor.to(torch.float32).to(torch.float64)


def uniform(shape, fan_in, generator):
    """PyTorch's default for weights and biases of convolutions and linear layers: U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    return rounded((2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1) / fan_in ** 0.5)


def normal(shape, generator, scale=1.0, mean=0.0):
    return rounded(mean + scale * torch.randn(shape, generator=generator, dtype=torch.float64))


def instance_norm(x, weight, bias):
    """Per sample and channel over H·W, biased variance, epsilon 1e-5; GroupNorm(C, C) and InstanceNorm2d(C, affine=True)."""
    centred = x - x.mean(dim=(2, 3), keepdim=True)
    variance = (centred * centred).mean(dim=(2, 3), keepdim=True)
    return weight[None, :, None, None] * centred * torch.rsqrt(variance + EPSILON) + bias[None, :, None, None]


def relu(x, kinks):
    if kinks is not None:
        kinks.append(x.detach())
    return torch.relu(x)


def add_layer(parameters, name, shape, generator):
    """A convolution's or linear layer's weight and bias; shape is [O, I, h, w] or [O, I]."""
    fan_in = 1
    for extent in shape[1:]:
        fan_in *= extent
    parameters[f"{name}.weight"] = uniform(shape, fan_in, generator)
    parameters[f"{name}.bias"] = uniform(shape[:1], fan_in, generator)


class ConvNet:
    """`depth` blocks of conv 3x3 pad 1, instance norm, ReLU, AvgPool2d(2); then `head` on the flattened [C, H, W]."""

    def __init__(self, channels, height, width_px, classes, width, depth):
        self.channels, self.height, self.width_px = channels, height, width_px
        self.classes, self.width, self.depth = classes, width, depth
        self.name = "convnet"
        self.settings = {"architecture": "convnet", "width": width, "depth": depth}

    def _features(self):
        return self.width * (self.height >> self.depth) * (self.width_px >> self.depth)

    def parameters(self, generator):
        parameters = OrderedDict()
        for i in range(self.depth):
            add_layer(parameters, f"blocks.{i}.conv", (self.width, self.channels if i == 0 else self.width, 3, 3), generator)
            parameters[f"blocks.{i}.norm.weight"] = normal((self.width,), generator, 0.3, 1.0)
            parameters[f"blocks.{i}.norm.bias"] = normal((self.width,), generator, 0.3)
        add_layer(parameters, "head", (self.classes, self._features()), generator)
        return parameters

    def forward(self, p, x, kinks=None):
        for i in range(self.depth):
            x = F.conv2d(x, p[f"blocks.{i}.conv.weight"], p[f"blocks.{i}.conv.bias"], padding=1)
            x = instance_norm(x, p[f"blocks.{i}.norm.weight"], p[f"blocks.{i}.norm.bias"])
            x = F.avg_pool2d(relu(x, kinks), 2)
        return F.linear(x.flatten(1), p["head.weight"], p["head.bias"])

    def module(self):
        class Block(nn.Module):
            def __init__(self, inputs, outputs):
                super().__init__()
                self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
                self.norm = nn.GroupNorm(outputs, outputs)

            def forward(self, x):
                return F.avg_pool2d(torch.relu(self.norm(self.conv(x))), 2)

        blocks = [Block(self.channels if i == 0 else self.width, self.width) for i in range(self.depth)]
        return nn.Sequential(OrderedDict(blocks=nn.Sequential(*blocks), flatten=nn.Flatten(), head=nn.Linear(self._features(), self.classes)))


class Mlp:
    """Flatten, `layers.{i}` linear + ReLU for each hidden width, then `head`."""

    def __init__(self, channels, height, width_px, classes, hidden):
        self.channels, self.height, self.width_px, self.classes, self.hidden = channels, height, width_px, classes, hidden
        self.name = "mlp"
        self.settings = {"architecture": "mlp", "hidden": ",".join(map(str, hidden))}

    def _widths(self):
        return [self.channels * self.height * self.width_px, *self.hidden]

    def parameters(self, generator):
        parameters, widths = OrderedDict(), self._widths()
        for i, outputs in enumerate(self.hidden):
            add_layer(parameters, f"layers.{i}", (outputs, widths[i]), generator)
        add_layer(parameters, "head", (self.classes, widths[-1]), generator)
        return parameters

    def forward(self, p, x, kinks=None):
        x = x.flatten(1)
        for i in range(len(self.hidden)):
            x = relu(F.linear(x, p[f"layers.{i}.weight"], p[f"layers.{i}.bias"]), kinks)
        return F.linear(x, p["head.weight"], p["head.bias"])

    def module(self):
        class Module(nn.Module):
            def __init__(self, widths, classes):
                super().__init__()
                self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
                self.head = nn.Linear(widths[-1], classes)

            def forward(self, x):
                x = x.flatten(1)
                for layer in self.layers:
                    x = torch.relu(layer(x))
                return self.head(x)

        return Module(self._widths(), self.classes)


class LeNet:
    """conv1 5x5 pad 2 -> 6, ReLU, AvgPool2d(2); conv2 5x5 pad 0 -> 16, ReLU, AvgPool2d(2); fc1 120, ReLU; fc2 84, ReLU; head."""

    def __init__(self, channels, height, width_px, classes):
        self.channels, self.height, self.width_px, self.classes = channels, height, width_px, classes
        self.name = "lenet"
        self.settings = {"architecture": "lenet"}

    def _features(self):
        return 16 * ((self.height // 2 - 4) // 2) * ((self.width_px // 2 - 4) // 2)

    def parameters(self, generator):
        parameters = OrderedDict()
        add_layer(parameters, "conv1", (6, self.channels, 5, 5), generator)
        add_layer(parameters, "conv2", (16, 6, 5, 5), generator)
        add_layer(parameters, "fc1", (120, self._features()), generator)
        add_layer(parameters, "fc2", (84, 120), generator)
        add_layer(parameters, "head", (self.classes, 84), generator)
        return parameters

    def forward(self, p, x, kinks=None):
        x = F.avg_pool2d(relu(F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=2), kinks), 2)
        x = F.avg_pool2d(relu(F.conv2d(x, p["conv2.weight"], p["conv2.bias"]), kinks), 2).flatten(1)
        x = relu(F.linear(x, p["fc1.weight"], p["fc1.bias"]), kinks)
        x = relu(F.linear(x, p["fc2.weight"], p["fc2.bias"]), kinks)
        return F.linear(x, p["head.weight"], p["head.bias"])

    def module(self):
        network = self

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1 = nn.Conv2d(network.channels, 6, 5, padding=2)
                self.conv2 = nn.Conv2d(6, 16, 5)
                self.fc1 = nn.Linear(network._features(), 120)
                self.fc2 = nn.Linear(120, 84)
                self.head = nn.Linear(84, network.classes)

            def forward(self, x):
                x = F.avg_pool2d(torch.relu(self.conv1(x)), 2)
                x = F.avg_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
                return self.head(torch.relu(self.fc2(torch.relu(self.fc1(x)))))

        return Module()
