"""Residual and other common networks as functions of (parameters, input), in the form of `networks.py`.

The running statistics of batch norms are among the parameters, as in a state_dict, but nothing is differentiated by them. A network with
batch norms has `training = True` for the form that uses the statistics of the batch; `statistics` then receives the means and the unbiased
variances of the last forward pass.
"""
import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from networks import EPSILON, add_layer, instance_norm, normal, relu, uniform

BUFFERS = (".running_mean", ".running_var")


def is_buffer(name):
    return name.endswith(BUFFERS)


def add_convolution(parameters, name, shape, generator):
    """A convolution without bias."""
    parameters[f"{name}.weight"] = uniform(shape, shape[1] * shape[2] * shape[3], generator)


def add_norm(parameters, name, channels, generator):
    parameters[f"{name}.weight"] = normal((channels,), generator, 0.3, 1.0)
    parameters[f"{name}.bias"] = normal((channels,), generator, 0.3)


def add_batch_norm(parameters, name, channels, generator):
    add_norm(parameters, name, channels, generator)
    parameters[f"{name}.running_mean"] = normal((channels,), generator, 0.2)
    parameters[f"{name}.running_var"] = (0.2 + normal((channels,), generator, 0.3) ** 2).float().double()


def max_pool(x, kinks, window, stride=None, padding=0):
    """Its kinks are the distances between the two largest values of a window, where the largest is not a zero of a ReLU."""
    if kinks is not None:
        n, c = x.shape[:2]
        patches = F.unfold(F.pad(x.detach(), [padding] * 4, value=-1e30), window, stride=stride or window)
        two = patches.view(n, c, -1, patches.shape[-1]).topk(2, dim=2).values
        gaps = (two[:, :, 0] - two[:, :, 1])[two[:, :, 0] > 0]
        if len(gaps):
            kinks.append(gaps)
    return F.max_pool2d(x, window, stride, padding)


def activate(x, kinks, gelu):
    return F.gelu(x) if gelu else relu(x, kinks)


class Network:
    """What the networks of this file share: sizes, and batch norm in both forms."""

    def __init__(self, name, channels, height, width_px, classes, width, training=False, gelu=False, group_norm=False):
        self.name, self.channels, self.height, self.width_px, self.classes = name, channels, height, width_px, classes
        self.width, self.training, self.gelu, self.statistics, self.group_norm = width, training, gelu, {}, group_norm
        self.settings = {"architecture": name, "width": width, "training": str(training).lower(),
                         "activation": "gelu" if gelu else "relu", **({"norm": "group"} if group_norm else {})}

    def groups(self, channels):
        """32 as in the paper, or as many of them as divide the channels."""
        return math.gcd(channels, 32)

    def add_norm(self, parameters, name, channels, generator):
        (add_norm if self.group_norm else add_batch_norm)(parameters, name, channels, generator)

    def norm_module(self, channels):
        return nn.GroupNorm(self.groups(channels), channels) if self.group_norm else nn.BatchNorm2d(channels)

    def batch_norm(self, p, name, x):
        if self.group_norm:
            grouped = x.reshape(x.shape[0], self.groups(x.shape[1]), -1)
            centred = grouped - grouped.mean(dim=2, keepdim=True)
            normal = centred * torch.rsqrt((centred * centred).mean(dim=2, keepdim=True) + EPSILON)
            return (p[f"{name}.weight"][None, :, None, None] * normal.reshape(x.shape) + p[f"{name}.bias"][None, :, None, None])
        if self.training:
            mean = x.mean(dim=(0, 2, 3))
            centred = x - mean[None, :, None, None]
            variance = (centred * centred).mean(dim=(0, 2, 3))
            count = x.numel() // x.shape[1]
            self.statistics[name] = (mean.detach(), variance.detach() * count / (count - 1))
        else:
            mean, variance = p[f"{name}.running_mean"].detach(), p[f"{name}.running_var"].detach()
            centred = x - mean[None, :, None, None]
        return ((p[f"{name}.weight"] * torch.rsqrt(variance + EPSILON))[None, :, None, None] * centred
                + p[f"{name}.bias"][None, :, None, None])

    def moved_statistics(self, parameters, momentum=0.1):
        """The parameters after the running statistics have moved towards those of the last forward pass."""
        moved = OrderedDict(parameters)
        for name, (mean, variance) in self.statistics.items():
            moved[f"{name}.running_mean"] = (1 - momentum) * moved[f"{name}.running_mean"] + momentum * mean
            moved[f"{name}.running_var"] = (1 - momentum) * moved[f"{name}.running_var"] + momentum * variance
        return moved

    def activation(self):
        return nn.GELU() if self.gelu else nn.ReLU()


class ResNet9(Network):
    """FFCV's and TRAK's ResNet-9: conv-norm-ReLU stages, two of them residual, a global maximum, 0.2 times a linear head without bias."""

    def __init__(self, channels, height, width_px, classes, width, **more):
        super().__init__("resnet9", channels, height, width_px, classes, width, **more)
        w = width
        # name, inputs, outputs, kernel, stride, padding
        self.stages = [("stages.0", channels, w, 3, 1, 1), ("stages.1", w, 2 * w, 5, 2, 2), ("stages.2.0", 2 * w, 2 * w, 3, 1, 1),
                       ("stages.2.1", 2 * w, 2 * w, 3, 1, 1), ("stages.3", 2 * w, 4 * w, 3, 1, 1), ("stages.4.0", 4 * w, 4 * w, 3, 1, 1),
                       ("stages.4.1", 4 * w, 4 * w, 3, 1, 1), ("stages.5", 4 * w, 2 * w, 3, 1, 0)]

    def parameters(self, generator):
        p = OrderedDict()
        for name, inputs, outputs, kernel, _, _ in self.stages:
            add_convolution(p, f"{name}.conv", (outputs, inputs, kernel, kernel), generator)
            self.add_norm(p, f"{name}.norm", outputs, generator)
        p["head.weight"] = uniform((self.classes, 2 * self.width), 2 * self.width, generator)
        return p

    def stage(self, i, p, x, kinks):
        name, _, _, _, stride, padding = self.stages[i]
        x = F.conv2d(x, p[f"{name}.conv.weight"], stride=stride, padding=padding)
        return activate(self.batch_norm(p, f"{name}.norm", x), kinks, self.gelu)

    def forward(self, p, x, kinks=None):
        x = self.stage(1, p, self.stage(0, p, x, kinks), kinks)
        x = x + self.stage(3, p, self.stage(2, p, x, kinks), kinks)
        x = max_pool(self.stage(4, p, x, kinks), kinks, 2)
        x = x + self.stage(6, p, self.stage(5, p, x, kinks), kinks)
        x = self.stage(7, p, x, kinks)
        if kinks is not None and x[0, 0].numel() > 1:
            two = x.detach().flatten(2).topk(2, dim=2).values
            kinks.append((two[..., 0] - two[..., 1])[two[..., 0] > 0])
        return 0.2 * F.linear(x.amax(dim=(2, 3)), p["head.weight"])

    def module(self):
        network = self

        def conv_norm(i):
            _, inputs, outputs, kernel, stride, padding = network.stages[i]
            return nn.Sequential(OrderedDict(conv=nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
                                             norm=network.norm_module(outputs), act=network.activation()))

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                self.stages = nn.ModuleList([conv_norm(0), conv_norm(1), nn.Sequential(conv_norm(2), conv_norm(3)), conv_norm(4),
                                             nn.Sequential(conv_norm(5), conv_norm(6)), conv_norm(7)])
                self.head = nn.Linear(2 * network.width, network.classes, bias=False)

            def forward(self, x):
                s = self.stages
                x = s[1](s[0](x))
                x = F.max_pool2d(s[3](x + s[2](x)), 2)
                x = s[5](x + s[4](x))
                return 0.2 * self.head(F.adaptive_max_pool2d(x, 1).flatten(1))

        return Module()


class ResNet18(Network):
    """torchvision's ResNet-18; `imagenet` chooses the stem, a 7x7 convolution with a maximum, or one 3x3 convolution."""

    def __init__(self, channels, height, width_px, classes, width, imagenet=False, **more):
        super().__init__("resnet18-imagenet" if imagenet else "resnet18", channels, height, width_px, classes, width, **more)
        self.imagenet = imagenet
        self.blocks, inputs = [], width
        for stage in range(4):
            for i in range(2):
                outputs = width << stage
                self.blocks.append((f"layer{stage + 1}.{i}", inputs, outputs, 2 if stage > 0 and i == 0 else 1))
                inputs = outputs

    def parameters(self, generator):
        p, size = OrderedDict(), 7 if self.imagenet else 3
        add_convolution(p, "conv1", (self.width, self.channels, size, size), generator)
        add_batch_norm(p, "bn1", self.width, generator)
        for name, inputs, outputs, stride in self.blocks:
            add_convolution(p, f"{name}.conv1", (outputs, inputs, 3, 3), generator)
            add_batch_norm(p, f"{name}.bn1", outputs, generator)
            add_convolution(p, f"{name}.conv2", (outputs, outputs, 3, 3), generator)
            add_batch_norm(p, f"{name}.bn2", outputs, generator)
            if stride != 1 or inputs != outputs:
                add_convolution(p, f"{name}.downsample.0", (outputs, inputs, 1, 1), generator)
                add_batch_norm(p, f"{name}.downsample.1", outputs, generator)
        add_layer(p, "head", (self.classes, 8 * self.width), generator)
        return p

    def forward(self, p, x, kinks=None):
        x = F.conv2d(x, p["conv1.weight"], stride=2 if self.imagenet else 1, padding=3 if self.imagenet else 1)
        x = activate(self.batch_norm(p, "bn1", x), kinks, self.gelu)
        if self.imagenet:
            x = max_pool(x, kinks, 3, 2, 1)
        for name, inputs, outputs, stride in self.blocks:
            y = activate(self.batch_norm(p, f"{name}.bn1", F.conv2d(x, p[f"{name}.conv1.weight"], stride=stride, padding=1)), kinks,
                         self.gelu)
            y = self.batch_norm(p, f"{name}.bn2", F.conv2d(y, p[f"{name}.conv2.weight"], padding=1))
            if stride != 1 or inputs != outputs:
                x = self.batch_norm(p, f"{name}.downsample.1", F.conv2d(x, p[f"{name}.downsample.0.weight"], stride=stride))
            x = activate(x + y, kinks, self.gelu)
        return F.linear(x.mean(dim=(2, 3)), p["head.weight"], p["head.bias"])

    def module(self):
        network = self

        class Block(nn.Module):
            def __init__(self, inputs, outputs, stride):
                super().__init__()
                self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
                self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
                self.act = network.activation()
                if stride != 1 or inputs != outputs:
                    self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

            def forward(self, x):
                y = self.bn2(self.conv2(self.act(self.bn1(self.conv1(x)))))
                return self.act(y + (self.downsample(x) if hasattr(self, "downsample") else x))

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                size, w = 7 if network.imagenet else 3, network.width
                self.conv1 = nn.Conv2d(network.channels, w, size, 2 if network.imagenet else 1, size // 2, bias=False)
                self.bn1, self.act = nn.BatchNorm2d(w), network.activation()
                for stage in range(4):
                    blocks = [Block(i, o, s) for _, i, o, s in network.blocks[2 * stage:2 * stage + 2]]
                    setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
                self.head = nn.Linear(8 * w, network.classes)

            def forward(self, x):
                x = self.act(self.bn1(self.conv1(x)))
                x = F.max_pool2d(x, 3, 2, 1) if network.imagenet else x
                x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
                return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))

        return Module()


class Vgg11(Network):
    """The dataset-condensation code's VGG-11: convolutions with instance norm and ReLU, five maxima, a linear head."""

    PLAN = (1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M")

    def __init__(self, channels, height, width_px, classes, width, **more):
        super().__init__("vgg11", channels, height, width_px, classes, width, **more)

    def parameters(self, generator):
        p, inputs = OrderedDict(), self.channels
        for i, multiple in enumerate(m for m in self.PLAN if m != "M"):
            add_layer(p, f"layers.{i}.conv", (multiple * self.width, inputs, 3, 3), generator)
            add_norm(p, f"layers.{i}.norm", multiple * self.width, generator)
            inputs = multiple * self.width
        add_layer(p, "head", (self.classes, inputs * (self.height >> 5) * (self.width_px >> 5)), generator)
        return p

    def forward(self, p, x, kinks=None):
        i = 0
        for step in self.PLAN:
            if step == "M":
                x = max_pool(x, kinks, 2)
                continue
            x = F.conv2d(x, p[f"layers.{i}.conv.weight"], p[f"layers.{i}.conv.bias"], padding=1)
            x = activate(instance_norm(x, p[f"layers.{i}.norm.weight"], p[f"layers.{i}.norm.bias"]), kinks, self.gelu)
            i += 1
        return F.linear(x.flatten(1), p["head.weight"], p["head.bias"])

    def module(self):
        network = self

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers, inputs = nn.ModuleList(), network.channels
                for multiple in (m for m in network.PLAN if m != "M"):
                    outputs = multiple * network.width
                    self.layers.append(nn.Sequential(OrderedDict(
                        conv=nn.Conv2d(inputs, outputs, 3, padding=1), norm=nn.GroupNorm(outputs, outputs), act=network.activation())))
                    inputs = outputs
                self.head = nn.Linear(inputs * (network.height >> 5) * (network.width_px >> 5), network.classes)

            def forward(self, x):
                layers = iter(self.layers)
                for step in network.PLAN:
                    x = F.max_pool2d(x, 2) if step == "M" else next(layers)(x)
                return self.head(x.flatten(1))

        return Module()


class AlexNet(Network):
    """The dataset-condensation code's AlexNet: five convolutions with ReLU, three maxima, a linear head."""

    def __init__(self, channels, height, width_px, classes, width, **more):
        super().__init__("alexnet", channels, height, width_px, classes, width, **more)
        w, wide = width, 3 * width // 2
        self.plan = [(channels, w, 5, 4 if channels == 1 else 2, True), (w, wide, 5, 2, True), (wide, 2 * w, 3, 1, False),
                     (2 * w, wide, 3, 1, False), (wide, wide, 3, 1, True)]

    def _features(self):
        grown = 4 if self.channels == 1 else 0
        return self.plan[-1][1] * ((self.height + grown) >> 3) * ((self.width_px + grown) >> 3)

    def parameters(self, generator):
        p = OrderedDict()
        for i, (inputs, outputs, kernel, _, _) in enumerate(self.plan):
            add_layer(p, f"conv{i + 1}", (outputs, inputs, kernel, kernel), generator)
        add_layer(p, "head", (self.classes, self._features()), generator)
        return p

    def forward(self, p, x, kinks=None):
        for i, (_, _, _, padding, pooled) in enumerate(self.plan):
            x = activate(F.conv2d(x, p[f"conv{i + 1}.weight"], p[f"conv{i + 1}.bias"], padding=padding), kinks, self.gelu)
            x = max_pool(x, kinks, 2) if pooled else x
        return F.linear(x.flatten(1), p["head.weight"], p["head.bias"])

    def module(self):
        network = self

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                for i, (inputs, outputs, kernel, padding, _) in enumerate(network.plan):
                    setattr(self, f"conv{i + 1}", nn.Conv2d(inputs, outputs, kernel, padding=padding))
                self.act, self.head = network.activation(), nn.Linear(network._features(), network.classes)

            def forward(self, x):
                for i, (_, _, _, _, pooled) in enumerate(network.plan):
                    x = self.act(getattr(self, f"conv{i + 1}")(x))
                    x = F.max_pool2d(x, 2) if pooled else x
                return self.head(x.flatten(1))

        return Module()


class Logistic(Network):
    """Softmax regression."""

    def __init__(self, channels, height, width_px, classes):
        super().__init__("logistic", channels, height, width_px, classes, 0)

    def parameters(self, generator):
        p = OrderedDict()
        add_layer(p, "head", (self.classes, self.channels * self.height * self.width_px), generator)
        return p

    def forward(self, p, x, kinks=None):
        return F.linear(x.flatten(1), p["head.weight"], p["head.bias"])

    def module(self):
        return nn.Sequential(OrderedDict(flatten=nn.Flatten(), head=nn.Linear(self.channels * self.height * self.width_px, self.classes)))
