"""Steps of the adjoint of a training for several objectives: the products of the batch's Hessian with a vector of each objective, and of
every sample's gradient with it.

Four ways a PyTorch user would write it:
  loop            a double backward per objective through one graph; the products with samples are the derivative by the samples' weights
  batched         the same as one double backward with a batch of vectors (vmap over the vectors)
  vmap-jvp        forward over reverse: the tangents of the gradient and of the samples' losses, vmap over the vectors
  loop-jvp        the same for one vector after another
"""
import torch
import torch.nn.functional as F

from common import convnet
from training import labelled_images

RATE, MOMENTUM = 0.02, 0.9


class DoubleBackward:
    def __init__(self, network, batched):
        self.parameters, self.network, self.batched = list(network.parameters()), network, batched

    def __call__(self, x, y, vectors):
        weights = torch.full((len(x),), 1 / len(x), requires_grad=True)
        losses = F.cross_entropy(self.network(x), y, reduction="none")
        gradient = torch.autograd.grad((weights * losses).sum(), self.parameters, create_graph=True)
        wanted = [*self.parameters, weights]
        if self.batched:
            *products, of_samples = torch.autograd.grad(gradient, wanted, vectors, is_grads_batched=True)
            return products, of_samples
        rows = [torch.autograd.grad(gradient, wanted, [v[e] for v in vectors], retain_graph=True) for e in range(len(vectors[0]))]
        *products, of_samples = [torch.stack(column) for column in zip(*rows)]
        return products, of_samples


class ForwardOverReverse:
    def __init__(self, network, batched):
        from transforms import functional, grad, jvp, vmap
        call, self.parameters = functional(network)

        def mean(p, x, y):
            z = call(p, x)  # PyTorch 1.13 has no forward mode for cross_entropy
            losses = torch.logsumexp(z, -1) - (F.one_hot(y, z.shape[-1]) * z).sum(-1)
            return losses.mean(), losses

        def tangents(v, x, y):
            return jvp(lambda p: grad(mean, has_aux=True)(p, x, y), (self.parameters,), (v,))[1]
        self.tangents, self.batched = vmap(tangents, (0, None, None)) if batched else tangents, batched

    def __call__(self, x, y, vectors):
        if self.batched:
            return self.tangents(tuple(vectors), x, y)
        rows = [self.tangents(tuple(v[e] for v in vectors), x, y) for e in range(len(vectors[0]))]
        return [torch.stack(column) for column in zip(*[row[0] for row in rows])], torch.stack([row[1] for row in rows])


def walk(way, x, y, objectives, steps):
    """One walk of some steps: m ← μm − ηλ; the samples' effects; λ ← λ + Hm."""
    lambdas = [torch.randn(objectives, *p.shape) * 0.01 for p in way.parameters]
    moved = [torch.zeros_like(value) for value in lambdas]
    effects = torch.zeros(objectives, len(x))
    for _ in range(steps):
        for m, value in zip(moved, lambdas):
            m.mul_(MOMENTUM).add_(value, alpha=-RATE)
        products, of_samples = way(x, y, moved)
        effects += (of_samples - of_samples.mean(1, keepdim=True)).detach() / len(x)
        for value, product in zip(lambdas, products):
            value.add_(product.detach())
    return effects


def adjoint(options, objectives, steps, batch, width, depth):
    x, y = labelled_images(options, 1, 28)
    x, y = x[:batch], y[:batch]

    def build(way, batched, norm):
        def variant():
            made = way(convnet(width, depth, norm), batched)

            def work(short):
                return walk(made, x, y, objectives, 1 if short else steps)
            return work
        return variant
    return {"vmap-jvp": build(ForwardOverReverse, True, "primitive"), "loop": build(DoubleBackward, False, "group"),
            "loop, primitive norm": build(DoubleBackward, False, "primitive"), "batched": build(DoubleBackward, True, "primitive"),
            "loop-jvp": build(ForwardOverReverse, False, "primitive")}
