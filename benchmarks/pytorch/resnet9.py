"""The ResNet-9 of FFCV's CIFAR-10 example and of TRAK, as a module and with parameters of its own for each group."""
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

LOGIT_SCALE = 0.2


def affine_norm(x, mean, variance, weight, bias, eps):
    """Batch norm by constant statistics, from products and sums."""
    scale = weight * torch.rsqrt(variance + eps)
    return x * scale[:, None, None] + (bias - mean * scale)[:, None, None]


class PrimitiveBatchNorm(nn.BatchNorm2d):
    """Batch norm whose evaluation form all transforms support: PyTorch 1.13 has no forward-mode derivative of its fused one's gradient."""

    def forward(self, x):
        if self.training:
            return super().forward(x)
        return affine_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.eps)


NORMS = {"batch": nn.BatchNorm2d, "primitive": PrimitiveBatchNorm}


def stage(norm, inputs, outputs, kernel=3, stride=1, padding=1):
    return nn.Sequential(OrderedDict(
        conv=nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), norm=NORMS[norm](outputs), act=nn.ReLU(inplace=True)))


class ResNet9(nn.Module):
    """Convolutions without bias with batch norm and ReLU, two residual stages, a global maximum, 0.2 times a linear layer without bias."""

    def __init__(self, width, norm="batch", channels=3, classes=10):
        super().__init__()
        w = width
        self.stages = nn.ModuleList([
            stage(norm, channels, w), stage(norm, w, 2 * w, kernel=5, stride=2, padding=2),
            nn.Sequential(stage(norm, 2 * w, 2 * w), stage(norm, 2 * w, 2 * w)), stage(norm, 2 * w, 4 * w),
            nn.Sequential(stage(norm, 4 * w, 4 * w), stage(norm, 4 * w, 4 * w)), stage(norm, 4 * w, 2 * w, padding=0)])
        self.head = nn.Linear(2 * w, classes, bias=False)

    def forward(self, x):
        s = self.stages
        x = s[1](s[0](x))
        x = F.max_pool2d(s[3](x + s[2](x)), 2)
        x = s[5](x + s[4](x))
        return LOGIT_SCALE * self.head(x.amax((2, 3)))


def grouped_resnet9(network, groups):
    """A function (parameters [G, …], images [G, m, C, H, W]) → logits [G, m, K] of a ResNet9 in the evaluation form.

    Each group has its slice of the filters and norms; the running statistics are constants, the same for all groups.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Sequential) and hasattr(module, "conv")]
    normalise = affine_norm if isinstance(layers[0].norm, PrimitiveBatchNorm) else F.batch_norm
    statistics = [(layer.norm.running_mean.repeat(groups), layer.norm.running_var.repeat(groups)) for layer in layers]

    def forward(p, images):
        def apply(i, x):
            conv, norm = layers[i].conv, layers[i].norm
            weight, gamma, beta = (t.flatten(0, 1) for t in p[3 * i:3 * i + 3])
            x = F.conv2d(x, weight, stride=conv.stride, padding=conv.padding, groups=groups)
            return F.relu(normalise(x, *statistics[i], gamma, beta, eps=norm.eps), inplace=True)

        x = apply(1, apply(0, images.transpose(0, 1).flatten(1, 2)))  # [m, G·C, H, W]
        x = F.max_pool2d(apply(4, x + apply(3, apply(2, x))), 2)
        x = apply(7, x + apply(6, apply(5, x)))
        features = x.amax((2, 3)).unflatten(1, (groups, -1)).transpose(0, 1)  # [G, m, features]
        return LOGIT_SCALE * features.bmm(p[-1].transpose(1, 2))
    return forward
