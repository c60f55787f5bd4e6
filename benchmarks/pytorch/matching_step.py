#!/usr/bin/env python3
"""One synset update: the gradient of the relative matching distance with respect to the images and label vectors
of all groups, then Adam.

Four ways a PyTorch user would write it:
  loop        a double backward per group, one group after another
  vmap        vmap(grad(loss)) over the groups, and the gradient of the summed distances through it
  vmap-jvp    forward over reverse: vmap(grad) for g, then the tangent of the input gradient along v = dDist/dg
  grouped     no transforms: every group has its own copy of the parameters, run as grouped convolutions, one double backward for all

The target gradients g* are those of other images, computed once and not timed. A variant is timed only if it agrees with the loop
in float64 (in float32, a ReLU input next to zero may take the other branch, which is no error).
"""
import copy
import time

import torch
import torch.nn.functional as F

from common import NORMS, arguments, convnet, median, report, start
from resnet9 import NORMS as BATCH_NORMS, ResNet9, grouped_resnet9
from training import labelled_images

# network → (channels, size) of its images, and its norms, the usual one first.
IMAGES = {"convnet": (1, 28), "resnet9": (3, 32)}
NETWORK_NORMS = {"convnet": ["group", *NORMS], "resnet9": ["primitive", *BATCH_NORMS]}


def loss(logits, q):
    return (torch.logsumexp(logits, -1) * q.sum(-1) - (q * logits).sum(-1)).mean(-1)


def distances(grads, targets):
    """‖g − g*‖² / ‖g*‖² per group; every tensor has the group as its leading axis. [G]"""
    squared = sum(((g - t) ** 2).flatten(1).sum(1) for g, t in zip(grads, targets))
    return squared / sum((t ** 2).flatten(1).sum(1) for t in targets)


class Loop:
    def __init__(self, network):
        self.network = network

    def group_gradients(self, images, labels, create_graph=False):
        return torch.autograd.grad(loss(self.network(images), labels), list(self.network.parameters()), create_graph=create_graph)

    def __call__(self, images, labels, targets):
        by_images, by_labels = torch.empty_like(images), torch.empty_like(labels)
        for g in range(len(images)):
            x, q = images[g].clone().requires_grad_(), labels[g].clone().requires_grad_()
            grads = [v.unsqueeze(0) for v in self.group_gradients(x, q, create_graph=True)]
            value = distances(grads, [t[g:g + 1] for t in targets]).sum()
            by_images[g], by_labels[g] = torch.autograd.grad(value, [x, q])
        return by_images, by_labels


class Vmap:
    def __init__(self, network):
        from transforms import functional, grad, vmap
        call, self.parameters = functional(network)
        self.gradients = vmap(grad(lambda p, x, q: loss(call(p, x), q)), (None, 0, 0))

    def __call__(self, images, labels, targets):
        x, q = images.clone().requires_grad_(), labels.clone().requires_grad_()
        return torch.autograd.grad(distances(self.gradients(self.parameters, x, q), targets).sum(), [x, q])


class VmapJvp:
    def __init__(self, network):
        from transforms import functional, grad, jvp, vmap
        call, self.parameters = functional(network)
        self.gradients = vmap(grad(lambda p, x, q: loss(call(p, x), q)), (None, 0, 0))
        inputs = grad(lambda p, x, q: loss(call(p, x), q), argnums=(1, 2))

        def tangent(v, x, q):
            return jvp(lambda p: inputs(p, x, q), (self.parameters,), (v,))[1]

        self.tangents = vmap(tangent, (0, 0, 0))

    def __call__(self, images, labels, targets):
        with torch.no_grad():
            grads = self.gradients(self.parameters, images, labels)
            norms = sum((t ** 2).flatten(1).sum(1) for t in targets)
            v = tuple(2 * (g - t) / norms.view(-1, *[1] * (t.dim() - 1)) for g, t in zip(grads, targets))
            return self.tangents(v, images, labels)


class Grouped:
    """Images [G, m, C, H, W] as m images of G·C channels; each group has its slice of the filters."""

    def __init__(self, network, groups, forward):
        """forward: a function (parameters [G, …], images) → logits [G, m, K]."""
        self.forward = forward
        self.parameters = [p.detach().expand(groups, *p.shape).contiguous() for p in network.parameters()]

    def __call__(self, images, labels, targets):
        p = [t.requires_grad_() for t in self.parameters]
        x, q = images.clone().requires_grad_(), labels.clone().requires_grad_()
        grads = torch.autograd.grad(loss(self.forward(p, x), q).sum(), p, create_graph=True)
        return torch.autograd.grad(distances(grads, targets).sum(), [x, q])


def grouped_convnet(width, depth, norm, groups):
    """The function of a ConvNet that Grouped needs."""
    def normalise(x, weight, bias):
        if norm == "primitive":
            centred = x - x.mean((-2, -1), keepdim=True)
            scale = torch.rsqrt((centred * centred).mean((-2, -1), keepdim=True) + 1e-5)
            return centred * (scale * weight[:, None, None]) + bias[:, None, None]
        if norm == "instance":
            return F.instance_norm(x, weight=weight, bias=bias)
        return F.group_norm(x, x.shape[1], weight, bias)

    def forward(p, images):
        x = images.transpose(0, 1).flatten(1, 2)  # [m, G·C, H, W]
        for i in range(depth):
            weight, bias, gamma, beta = (t.flatten(0, 1) for t in p[4 * i:4 * i + 4])
            x = F.conv2d(x, weight, bias, padding=1, groups=groups)
            x = F.avg_pool2d(torch.relu(normalise(x, gamma, beta)), 2)
        features = x.unflatten(1, (groups, width)).flatten(2).transpose(0, 1)  # [G, m, features]
        return torch.baddbmm(p[-1].unsqueeze(1), features, p[-2].transpose(1, 2))
    return forward


def matching_network(kind, width, depth, channels, size, norm=None):
    """A network in the evaluation form, by default with its usual norm."""
    norm = norm or NETWORK_NORMS[kind][0]
    return ResNet9(width, norm, channels).eval() if kind == "resnet9" else convnet(width, depth, norm, channels, size)


def ways(network, groups, width, depth, norm="group"):
    """The variants for a network, the best known first; the sizes and the norm are those of a ConvNet."""
    forward = grouped_resnet9(network, groups) if isinstance(network, ResNet9) else grouped_convnet(width, depth, norm, groups)
    return {"vmap-jvp": lambda: VmapJvp(network), "vmap": lambda: Vmap(network),
            "grouped": lambda: Grouped(network, groups, forward), "loop": lambda: Loop(network)}


def seconds_of(step, images, labels, targets, repeats):
    x, q = images.clone().requires_grad_(), labels.clone().requires_grad_()
    adam = torch.optim.Adam([x, q], lr=0.03, betas=(0.5, 0.9))
    times = []
    for k in range(repeats + 2):
        begin = time.perf_counter()
        x.grad, q.grad = step(x.detach(), q.detach(), targets)
        adam.step()
        if k >= 2:  # the first two warm up
            times.append(time.perf_counter() - begin)
    return median(times)


def main():
    parser = arguments(__doc__.splitlines()[0], norms=sorted({*NORMS, *BATCH_NORMS}))
    parser.set_defaults(norm=None)
    parser.add_argument("--network", choices=NETWORK_NORMS, default="convnet",
                        help="resnet9: images are random, and batch norm uses the running statistics")
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--images", type=int, default=1, help="synthetic images per group")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--ways", default="loop,vmap,vmap-jvp,grouped")
    options = parser.parse_args()
    options.norm = options.norm or NETWORK_NORMS[options.network][0]
    if options.norm not in NETWORK_NORMS[options.network]:
        parser.error(f"--norm {options.norm} is not a norm of {options.network}: {', '.join(NETWORK_NORMS[options.network][1:])}")
    start(options)
    network = matching_network(options.network, options.width, options.depth, *IMAGES[options.network], options.norm)
    # At least as many: random images are only 2 · per_class.
    count = options.groups * (options.images + 4)
    x, y = labelled_images(options, *IMAGES[options.network], per_class=-(-count // 2))
    chosen = torch.randperm(len(x))[:count].view(options.groups, -1)
    onehot = F.one_hot(y, 10).float()
    images, labels = x[chosen[:, :options.images]], onehot[chosen[:, :options.images]]
    real = [Loop(network).group_gradients(x[rows], onehot[rows]) for rows in chosen[:, options.images:]]
    targets = [torch.stack(tensors) for tensors in zip(*real)]

    exact, exact_operands = copy.deepcopy(network).double(), (images.double(), labels.double(), [t.double() for t in targets])
    reference, results = Loop(exact)(*exact_operands), {}
    for name in options.ways.split(","):
        try:
            step = ways(exact, options.groups, options.width, options.depth, options.norm)[name]()
            error = max(((a - b).norm() / b.norm()).item() for a, b in zip(step(*exact_operands), reference))
        except (ImportError, RuntimeError, NotImplementedError) as problem:
            print(f"{name:10} not possible with {options.norm} norm in this PyTorch: {str(problem).splitlines()[0][:120]}", flush=True)
            continue
        if not error < 1e-9:
            print(f"{name:10} left out: with {options.norm} norm it differs from the loop by {error:.1e} in float64", flush=True)
            continue
        step = ways(network, options.groups, options.width, options.depth, options.norm)[name]()
        results[name] = seconds_of(step, images, labels, targets, options.repeats)
        print(f"{name:10} {1e3 * results[name]:8.1f} ms per update", flush=True)
    report(options, {"benchmark": "matching_step", "groups": options.groups, "images_per_group": options.images, "network": options.network,
                     "width": options.width, "depth": options.depth, "norm": options.norm, "seconds_per_update": results})


if __name__ == "__main__":
    main()
