"""Many models of one network with the same initial parameters: one after another, or all at once by vmap."""
import copy

import torch
import torch.nn.functional as F

EVALUATION_BATCH = 500


def weighted_loss(logits, q, w):
    return (w * (torch.logsumexp(logits, -1) * q.sum(-1) - (q * logits).sum(-1))).sum()


def batches(count, batch, steps, seed):
    order, rows = torch.Generator().manual_seed(seed), []
    for _ in range(steps):
        if not rows:
            rows = list(torch.randperm(count, generator=order).split(batch))
        yield rows.pop(0)


class EnsembleLoop:
    """The most common form."""

    def __init__(self, network):
        self.start, self.networks = network, []

    def descend(self, x, q, weights, steps, rate, momentum):
        self.networks = []
        for w in weights:
            network, optimizer = self.model(rate, momentum)
            for _ in range(steps):
                optimizer.zero_grad(set_to_none=True)
                weighted_loss(network(x), q, w).backward()
                optimizer.step()
            self.networks.append(network)

    def train(self, x, y, kept, batch, steps, rate, momentum, seed):
        self.networks = []
        for keep in kept:
            network, optimizer = self.model(rate, momentum)
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
            for rows in batches(len(x), batch, steps, seed):
                rows = rows[keep[rows]]
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(network(x[rows]), y[rows]).backward()
                optimizer.step()
                scheduler.step()
            self.networks.append(network)

    def logits(self, x):
        with torch.inference_mode():
            return [torch.cat([network(part) for part in x.split(EVALUATION_BATCH)]) for network in self.networks]

    def model(self, rate, momentum):
        network = copy.deepcopy(self.start)
        return network, torch.optim.SGD(network.parameters(), lr=rate, momentum=momentum)


class EnsembleVmap:
    """Model ensembling by vmap: parameters with a leading model axis, one batched gradient for all models."""

    def __init__(self, network):
        from transforms import functional, grad, vmap
        call, self.start = functional(network)
        self.gradients = vmap(grad(lambda p, x, q, w: weighted_loss(call(p, x), q, w)), (0, None, None, 0))
        self.outputs = vmap(call, (0, None))
        self.parameters = None

    def descend(self, x, q, weights, steps, rate, momentum):
        velocity = self.restart(len(weights))
        for _ in range(steps):
            self.step(velocity, x, q, weights, rate, momentum)

    def train(self, x, y, kept, batch, steps, rate, momentum, seed):
        velocity, kept, q = self.restart(len(kept)), torch.stack(kept).float(), F.one_hot(y, 10).float()
        for i, rows in enumerate(batches(len(x), batch, steps, seed)):
            weights = kept[:, rows]
            lr = rate * (1 + torch.cos(torch.tensor(torch.pi * i / steps)).item()) / 2
            self.step(velocity, x[rows], q[rows], weights / weights.sum(1, keepdim=True), lr, momentum)

    def logits(self, x):
        with torch.no_grad():
            return torch.cat([self.outputs(self.parameters, part) for part in x.split(EVALUATION_BATCH // 10)], 1)

    def restart(self, models):
        self.parameters = [p.detach().expand(models, *p.shape).clone() for p in self.start]
        return [torch.zeros_like(p) for p in self.parameters]

    def step(self, velocity, x, q, weights, rate, momentum):
        with torch.no_grad():
            gradients = self.gradients(self.parameters, x, q, weights)
            torch._foreach_mul_(velocity, momentum)
            torch._foreach_add_(velocity, list(gradients))
            torch._foreach_add_(self.parameters, velocity, alpha=-rate)
