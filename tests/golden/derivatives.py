"""Losses, gradients, gradients of gradients and the matching distances, all by PyTorch's autograd (reverse over reverse).

The library under test computes the same numbers by forward over reverse, so the two share no code path.
"""
import math
from collections import OrderedDict

import torch
import torch.nn.functional as F

# relative-per-layer treats a tensor whose target has less than this part of the whole target's norm as a zero tensor: a bias
# before instance norm has an exact gradient of zero, and float32 leaves about 1e-7 of noise there, which must not be a divisor.
ZERO_TENSOR = 1e-5
DISTANCES = ("relative", "relative-per-layer", "row-cosine")


def loss_per_sample(logits, q):
    """Cross-entropy with a label vector that need not be a probability: logsumexp(z)·sum(q) - <q, z>. [N]"""
    return torch.logsumexp(logits, 1) * q.sum(1) - (q * logits).sum(1)


def weighted_loss(network, parameters, x, q, weights):
    return (weights * loss_per_sample(network.forward(parameters, x), q)).sum()


def is_trained(name):
    """Running statistics of batch norms are among the parameters, and constants for every derivative."""
    return not name.endswith((".running_mean", ".running_var"))


def zeros_for_none(values, like):
    return [torch.zeros_like(p) if v is None else v for v, p in zip(values, like)]


def leaves(parameters):
    return OrderedDict((name, value.detach().clone().requires_grad_()) for name, value in parameters.items())


def moved(parameters, direction, step):
    return OrderedDict((name, value + step * direction[name]) for name, value in parameters.items())


def gradients(network, parameters, x, q, weights):
    """(parameter gradients, input gradient) of sum_n w_n L_n."""
    p, x = leaves(parameters), x.detach().clone().requires_grad_()
    wanted = [*p.values(), x]
    values = zeros_for_none(torch.autograd.grad(weighted_loss(network, p, x, q, weights), wanted, allow_unused=True), wanted)
    return OrderedDict(zip(p, values)), values[-1]


def directional(network, parameters, x, q, weights, direction):
    """(Hessian·v over parameters, d/de of the input gradient at theta + e v, d/de of the logits)."""
    p, x = leaves(parameters), x.detach().clone().requires_grad_()
    grads = torch.autograd.grad(weighted_loss(network, p, x, q, weights), list(p.values()), create_graph=True, allow_unused=True)
    inner = sum((g * v).sum() for g, v in zip(grads, direction.values()) if g is not None)
    wanted = [*p.values(), x]
    values = zeros_for_none(torch.autograd.grad(inner, wanted, allow_unused=True), wanted)
    names = list(p)
    _, tangent_logits = torch.autograd.functional.jvp(
        lambda *tensors: network.forward(dict(zip(names, tensors)), x.detach()),
        tuple(value.detach() for value in p.values()), tuple(direction.values()))
    return OrderedDict(zip(names, values)), values[-1], tangent_logits


def distance(kind, g, target):
    """Dist(g, target) of one group; both map every parameter's name to a tensor. A zero row or tensor is a constant 1 without a gradient."""
    g = OrderedDict((n, value) for n, value in g.items() if is_trained(n))
    if kind == "relative":
        return sum(((g[n] - target[n]) ** 2).sum() for n in g) / sum((target[n] ** 2).sum() for n in g)
    if kind == "relative-per-layer":
        whole, total = sum((target[n] ** 2).sum() for n in g), 0
        for n in g:
            squared = (target[n] ** 2).sum()
            total = total + (1.0 if squared <= ZERO_TENSOR ** 2 * whole else ((g[n] - target[n]) ** 2).sum() / squared)
        return total
    if kind == "row-cosine":
        total = 0
        for n in g:
            if g[n].dim() < 2:
                continue
            a, b = g[n].flatten(1), target[n].flatten(1)
            alive = ((a.detach() ** 2).sum(1) > 0) & ((b ** 2).sum(1) > 0)
            total = total + (~alive).sum()
            a, b = a[alive], b[alive]
            total = total + (1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).sum()
        return total
    raise ValueError(kind)


def matching(network, parameters, images, labels, target, kind):
    """One group: (synset gradient, distance, cotangent dDist/dg, dDist/dimages, dDist/dlabels); the synset's loss is the mean over its images."""
    p = leaves(parameters)
    images, labels = images.detach().clone().requires_grad_(), labels.detach().clone().requires_grad_()
    loss = loss_per_sample(network.forward(p, images), labels).mean()
    g = OrderedDict(zip(p, zeros_for_none(
        torch.autograd.grad(loss, list(p.values()), create_graph=True, allow_unused=True), p.values())))
    value = distance(kind, g, target)
    differentiated = [n for n in g if g[n].requires_grad]
    by_g = dict(zip(differentiated, torch.autograd.grad(value, [g[n] for n in differentiated], retain_graph=True, allow_unused=True)))
    by_images, by_labels = torch.autograd.grad(value, [images, labels])
    cotangent = OrderedDict((n, torch.zeros_like(g[n]) if by_g.get(n) is None else by_g[n]) for n in g)
    return OrderedDict((n, v.detach()) for n, v in g.items()), value.detach(), cotangent, by_images, by_labels


def kink_margin(network, parameters, x):
    """The smallest distance of a ReLU input to zero: below about 1e-6 float32 might take the other branch."""
    kinks = []
    with torch.no_grad():
        network.forward(parameters, x, kinks)
    return min((k.abs().min().item() for k in kinks), default=math.inf)


def settle_zeros(tensors, whole):
    """Biases before instance norm have no effect; their derivatives are zero, and rounding residues (below 1e-12) are stored as zero."""
    for name, value in tensors.items():
        if name.endswith(".conv.bias"):
            if value.abs().max() > 1e-12 * whole:
                raise ArithmeticError(f"{name} should have no gradient, found {value.abs().max():.1e} beside {whole:.1e}")
            value.zero_()
    return tensors


def norm(tensors):
    return sum((t.double() ** 2).sum() for t in tensors).sqrt().item()
