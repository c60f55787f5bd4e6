#!/usr/bin/env python3
"""Writes methods.safetensors (see README.md): what every method of attribution says about a tiny problem, computed the plain way in float64.

    python3 methods.py

Gradients are autograd's, one sample at a time; Hessians are whole matrices, inverted; models are retrained one after the other.
"""
import math
import os
from collections import OrderedDict

import torch
import torch.nn.functional as F

import randomness
from networks import ConvNet, normal
from safetensors_io import save

CLASSES, TRAIN, TEST = 3, 20, 11
SEED, RATE, MOMENTUM, BATCH, EPOCHS = 3, 0.05, 0.9, 6, 3
NETWORK = ConvNet(1, 8, 8, CLASSES, width=3, depth=2)
OBJECTIVES = ["loss", "loss:class=0", "loss:class=1", "loss:class=2", "margin", "logit:class=1", "logit:sample=2,5", "margin:sample=7"]


def flat(parameters):
    return torch.cat([p.reshape(-1) for p in parameters.values()])


def unflat(vector, like):
    result, at = OrderedDict(), 0
    for name, value in like.items():
        result[name] = vector[at:at + value.numel()].reshape(value.shape)
        at += value.numel()
    return result


class Problem:
    def __init__(self):
        generator = torch.Generator().manual_seed(20261125)
        self.test_y = torch.tensor([n % CLASSES for n in range(TEST)])
        self.y = torch.tensor([n % CLASSES for n in range(TRAIN)])
        shapes = normal((CLASSES, 1, 8, 8), generator)
        self.x = (normal((TRAIN, 1, 8, 8), generator) + shapes[self.y]).float().double()
        self.test_x = (normal((TEST, 1, 8, 8), generator) + shapes[self.test_y]).float().double()
        # Two groups of unequal size in each class: every third sample of a class is in its second group.
        seen, groups = [0] * CLASSES, []
        for label in self.y.tolist():
            groups.append(2 * label + (1 if seen[label] % 3 == 2 else 0))
            seen[label] += 1
        self.group = torch.tensor(groups)
        self.parts = [[n for n in range(TRAIN) if groups[n] == g] for g in range(2 * CLASSES)]
        self.initial = randomness.initialise(NETWORK, SEED)
        self.like = self.initial
        self.steps_per_epoch = math.ceil(TRAIN / BATCH)
        self.total = EPOCHS * self.steps_per_epoch
        self.checkpoints = [(0, flat(self.initial))]
        self.target = self.train(on_step=lambda step, theta: self.checkpoints.append((step, theta)) if step % self.steps_per_epoch == 0 else None)

    def logits(self, theta, x):
        return NETWORK.forward(unflat(theta, self.like), x)

    def losses(self, theta, x, y):
        return F.cross_entropy(self.logits(theta, x), y, reduction="none")

    def rate(self, step):
        return RATE * 0.5 * (1 + math.cos(math.pi * step / self.total))

    def train(self, kept=lambda n: True, initial=None, on_step=None, seed=SEED):
        theta = flat(self.initial if initial is None else initial).clone()
        velocity = torch.zeros_like(theta)
        for step, batch in enumerate(randomness.batches(TRAIN, BATCH, seed, EPOCHS)):
            batch = [n for n in batch if kept(n)]
            gradient = self.gradient(theta, batch) / len(batch) if batch else torch.zeros_like(theta)
            velocity = MOMENTUM * velocity + gradient
            theta = theta - self.rate(step) * velocity
            if on_step:
                on_step(step + 1, theta)
        return theta

    def gradient(self, theta, samples):
        """The sum of the samples' gradients."""
        theta = theta.detach().clone().requires_grad_()
        return torch.autograd.grad(self.losses(theta, self.x[samples], self.y[samples]).sum(), theta)[0]

    def per_sample(self, theta):
        return torch.stack([self.gradient(theta, [n]) for n in range(TRAIN)])

    def objective(self, name, theta):
        kind, _, scope = name.partition(":")
        chosen = list(range(TEST))
        if scope.startswith("class="):
            chosen = [n for n in chosen if self.test_y[n] == int(scope[6:])]
        elif scope.startswith("sample="):
            chosen = [int(n) for n in scope[7:].split(",")]
        z, y = self.logits(theta, self.test_x[chosen]), self.test_y[chosen]
        own = z.gather(1, y[:, None])[:, 0]
        if kind == "loss":
            return F.cross_entropy(z, y)
        if kind == "logit":
            return own.mean()
        others = z.masked_fill(F.one_hot(y, CLASSES).bool(), -math.inf).max(1).values
        return (own - others).mean()

    def objectives(self, theta):
        return torch.stack([self.objective(name, theta) for name in OBJECTIVES])

    def objective_gradients(self, theta):
        theta = theta.detach().clone().requires_grad_()
        return torch.stack([torch.autograd.grad(self.objective(name, theta), theta)[0] for name in OBJECTIVES])

    def by_part(self, per_sample):
        """[O, N] to [O, G]."""
        return torch.stack([per_sample[:, part].sum(1) for part in self.parts], 1)

    def effects_of(self, models, reference):
        """F(with) − F(without) [O, G] from the parameters of the models without."""
        with torch.no_grad():
            return torch.stack([self.objectives(reference) - self.objectives(model) for model in models], 1)

    def schedule_length(self, first=0, last=None):
        return sum(self.rate(step) for step in range(first, self.total if last is None else last)) / (1 - MOMENTUM)


def loss(problem):
    with torch.no_grad():
        own = problem.losses(problem.target, problem.x, problem.y) / TRAIN
    signs = torch.tensor([1.0 if name.startswith("loss") else -1.0 for name in OBJECTIVES], dtype=torch.float64)
    return problem.by_part(signs[:, None] * own[None])


def grad_dot(problem):
    products = problem.objective_gradients(problem.target) @ problem.per_sample(problem.target).T
    return -problem.schedule_length() * problem.by_part(products) / TRAIN


def grad_cos(problem):
    objectives = problem.objective_gradients(problem.target)
    parts = torch.stack([problem.gradient(problem.target, part) for part in problem.parts])
    return -(objectives @ parts.T) / objectives.norm(dim=1)[:, None] / parts.norm(dim=1)[None]


def retrain(problem):
    models = [problem.train(kept=lambda n, part=part: n not in part) for part in problem.parts]
    return problem.effects_of(models, problem.target)


METHODS = OrderedDict([("loss", loss), ("grad-dot", grad_dot), ("grad-cos", grad_cos), ("retrain", retrain)])


def main():
    torch.set_default_dtype(torch.float64)
    problem = Problem()
    tensors = OrderedDict(x=problem.x, y=problem.y, test_x=problem.test_x, test_y=problem.test_y, group=problem.group, objectives_at_target=problem.objectives(problem.target))
    for step, theta in problem.checkpoints:
        tensors[f"checkpoint.{step}"] = theta
    for name, method in METHODS.items():
        tensors[f"method.{name}"] = method(problem)
        print(f"{name}: {tensors[f'method.{name}'].abs().max():.3e} at most")
    save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "methods.safetensors"), tensors, {
        "torch": torch.__version__, "architecture": "convnet", "width": NETWORK.width, "depth": NETWORK.depth, "channels": 1, "height": 8, "width_px": 8, "classes": CLASSES,
        "seed": SEED, "learning_rate": RATE, "momentum": MOMENTUM, "batch": BATCH, "epochs": EPOCHS, "objectives": ";".join(OBJECTIVES)})


if __name__ == "__main__":
    main()
