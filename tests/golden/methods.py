#!/usr/bin/env python3
"""Writes methods.safetensors (see README.md): the results of every attribution method for a tiny problem, computed directly in float64.

    python3 methods.py

Gradients are computed by autograd, one sample at a time; Hessians are full matrices, inverted; models are retrained one after the other.
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

    def rate(self, step, scale=1.0, total=None):
        return scale * RATE * 0.5 * (1 + math.cos(math.pi * step / (total or self.total)))

    def train(self, kept=lambda n: True, initial=None, on_step=None, seed=SEED, scale=1.0, epochs=EPOCHS):
        theta = flat(self.initial if initial is None else initial).clone()
        velocity = torch.zeros_like(theta)
        for step, batch in enumerate(randomness.batches(TRAIN, BATCH, seed, epochs)):
            batch = [n for n in batch if kept(n)]
            gradient = self.gradient(theta, batch) / len(batch) if batch else torch.zeros_like(theta)
            velocity = MOMENTUM * velocity + gradient
            theta = theta - self.rate(step, scale, epochs * self.steps_per_epoch) * velocity
            if on_step:
                on_step(step + 1, theta)
        return theta

    def gradient(self, theta, samples):
        """The sum of the samples' gradients."""
        theta = theta.detach().clone().requires_grad_()
        return torch.autograd.grad(self.losses(theta, self.x[samples], self.y[samples]).sum(), theta)[0]

    def per_sample(self, theta):
        return torch.stack([self.gradient(theta, [n]) for n in range(TRAIN)])

    def scope_of(self, name):
        kind, _, scope = name.partition(":")
        chosen = list(range(TEST))
        if scope.startswith("class="):
            chosen = [n for n in chosen if self.test_y[n] == int(scope[6:])]
        elif scope.startswith("sample="):
            chosen = [int(n) for n in scope[7:].split(",")]
        return kind, chosen

    @staticmethod
    def measured(kind, z, y):
        if kind == "loss":
            return F.cross_entropy(z, y)
        own = z.gather(1, y[:, None])[:, 0]
        if kind == "logit":
            return own.mean()
        return (own - z.masked_fill(F.one_hot(y, CLASSES).bool(), -math.inf).max(1).values).mean()

    def objective_of_logits(self, name, z):
        kind, chosen = self.scope_of(name)
        return self.measured(kind, z[chosen], self.test_y[chosen])

    def objective(self, name, theta):
        return self.objective_of_logits(name, self.logits(theta, self.test_x))

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


def finetune(problem, epochs=2, rate=1.0):
    def model(part):
        return problem.train(kept=lambda n: n not in part, initial=unflat(problem.target, problem.like), scale=rate, epochs=epochs)
    return problem.effects_of([model(part) for part in problem.parts], model([]))


def tracin(problem, checkpoints=8):
    chosen = []
    for i in range(1, checkpoints + 1):
        nearest = min(problem.checkpoints, key=lambda c: abs(c[0] - i / checkpoints * problem.total))
        if nearest[0] > 0 and nearest[0] not in [c[0] for c in chosen]:
            chosen.append(nearest)
    total, before = 0, 0
    for step, theta in chosen:
        products = problem.objective_gradients(theta) @ problem.per_sample(theta).T
        total = total - problem.schedule_length(before, step) * problem.by_part(products) / TRAIN
        before = step
    return total


def curvature(problem, samples, hessian):
    """The full matrix: the Hessian of the mean loss, or J'HJ of its Gauss-Newton form."""
    x, y = problem.x[samples], problem.y[samples]
    if hessian:
        return torch.autograd.functional.hessian(lambda theta: problem.losses(theta, x, y).mean(), problem.target)
    jacobian = torch.autograd.functional.jacobian(lambda theta: problem.logits(theta, x), problem.target)
    p = torch.softmax(problem.logits(problem.target, x), 1)
    inner = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    return torch.einsum("nkp,nkl,nlq->pq", jacobian, inner, jacobian) / len(samples)


def solved_influence(problem, solve):
    products = solve(problem.objective_gradients(problem.target)) @ problem.per_sample(problem.target).T
    return -problem.by_part(products) / TRAIN


def influence(problem, damping=0.05, hessian=False):
    matrix = curvature(problem, list(range(TRAIN)), hessian) + damping * torch.eye(len(problem.target))
    return solved_influence(problem, lambda v: torch.linalg.solve(matrix, v.T).T)


def influence_lissa(problem, damping=0.05, scale=50.0, iterations=40):
    order = randomness.permutation(TRAIN, SEED, 0x494E464C << 32)

    def solve(v):
        h = v.clone()
        for i in range(iterations):
            first = i * BATCH % TRAIN
            matrix = curvature(problem, order[first:first + BATCH], False) + damping * torch.eye(len(problem.target))
            h = v + h - h @ matrix / scale
        return h / scale
    return solved_influence(problem, solve)


def log_odds(problem, theta, n):
    z = problem.logits(theta, problem.x[[n]])[0]
    others = torch.cat([z[:problem.y[n]], z[problem.y[n] + 1:]])
    return z[problem.y[n]] - torch.logsumexp(others, 0)


def trak(problem, models=2, dim=8, ridge=0.01):
    scores, doubts = 0, 0
    for model in range(models):
        theta = problem.target if model == 0 else problem.train(initial=randomness.initialise(NETWORK, SEED + model), seed=SEED + model)
        size, bound = len(theta), (3 / dim) ** 0.5
        uniform = randomness.philox_uniform(SEED, 0x50524F00 + model, 0, dim * size).reshape(dim, size)
        projection = bound * (2 * uniform - 1)
        leaf = theta.detach().clone().requires_grad_()
        features = torch.stack([torch.autograd.grad(log_odds(problem, leaf, n), leaf)[0] for n in range(TRAIN)]) @ projection.T
        normal = features.T @ features
        normal = normal + ridge * normal.diagonal().mean() * torch.eye(dim)
        aims = problem.objective_gradients(theta) @ projection.T
        scores = scores + torch.linalg.solve(normal, aims.T).T @ features.T
        doubts = doubts + 1 - torch.exp(-problem.losses(theta, problem.x, problem.y)).detach()
    return problem.by_part(scores * doubts[None] / models ** 2)


def halves(parts, count):
    drawn, draw = [], 0
    while len(drawn) < count:
        removed = sorted(randomness.permutation(parts, SEED, ((0x48414C56 << 32) ^ (4 << 40)) + draw)[:parts // 2])
        if removed not in drawn:
            drawn.append(removed)
        draw += 1
    return drawn


def without(problem, removed):
    dropped = {n for g in removed for n in problem.parts[g]}
    return problem.train(kept=lambda n: n not in dropped)


def datamodel_sides(problem, subsets=12):
    removed = halves(len(problem.parts), subsets)
    there = torch.tensor([[0.0 if g in r else 1.0 for g in range(len(problem.parts))] for r in removed])
    models = [without(problem, r) for r in removed]
    with torch.no_grad():
        outcomes = torch.stack([problem.objectives(model) for model in models])
    return there - there.mean(0), outcomes - outcomes.mean(0)


def datamodel(problem, strength=0.05):
    x, y = datamodel_sides(problem)
    normal = x.T @ x
    return torch.linalg.solve(normal + strength * normal.diagonal().mean() * torch.eye(len(normal)), x.T @ y).T


def datamodel_lasso(problem, strength=0.05):
    """Proximal gradient descent (ISTA), until convergence."""
    x, y = datamodel_sides(problem)
    normal = x.T @ x
    normal = normal + 0.01 * normal.diagonal().mean() * torch.eye(len(normal))
    step, rows = 1 / torch.linalg.eigvalsh(normal).max(), []
    for o in range(y.shape[1]):
        bound, w = strength * (x.T @ y[:, o]).abs().max(), torch.zeros(x.shape[1])
        for _ in range(20000):
            moved = w - step * (normal @ w - x.T @ y[:, o])
            w = moved.sign() * (moved.abs() - step * bound).clamp(min=0)
        rows.append(w)
    return torch.stack(rows)


def shards_of(parts, shards, draw):
    of = [0] * parts
    for i, part in enumerate(randomness.permutation(parts, SEED, (0x53504C54 << 32) + draw)):
        of[part] = i % shards
    return of


def model_averaging(problem, shards=3, deals=2):
    total = 0
    for deal in range(deals):
        of = shards_of(len(problem.parts), shards, deal)
        models = [problem.train(kept=lambda n, s=s: of[problem.group[n]] == s) for s in range(shards)]
        everything = sum(models) / shards
        effects = problem.effects_of([(sum(models) - models[of[g]]) / (shards - 1) for g in range(len(problem.parts))], everything)
        total = total + effects / deals
    return total


def encoded_ensemble(problem, members=6):
    saw = [[shards_of(len(problem.parts), 2, member // 2)[g] == member % 2 for g in range(len(problem.parts))] for member in range(members)]
    logits = [problem.logits(without(problem, [g for g, seen in enumerate(row) if not seen]), problem.test_x).detach() for row in saw]
    columns = []
    for g in range(len(problem.parts)):
        sides = [torch.stack([z for z, row in zip(logits, saw) if row[g] == side]).mean(0) for side in (True, False)]
        columns.append(torch.stack([problem.objective_of_logits(name, sides[0]) - problem.objective_of_logits(name, sides[1]) for name in OBJECTIVES]))
    return torch.stack(columns, 1)


def part_losses(problem, theta):
    with torch.no_grad():
        own = problem.losses(theta, problem.x, problem.y) / TRAIN
    return torch.stack([own[part].sum() for part in problem.parts])


def adam_up(problem, function, samples, stream, steps, rate=2e-4, batch=32):
    """Gradient ascent by Adam on the mean of function(theta, samples), over batches in seeded order."""
    order = [samples[i] for i in randomness.permutation(len(samples), SEED, (0x554E5452 << 32) + stream)]
    size, theta = min(batch, len(order)), problem.target.clone()
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    for step in range(steps):
        chosen = [order[(step * size + i) % len(order)] for i in range(size)]
        leaf = theta.detach().clone().requires_grad_()
        gradient = -torch.autograd.grad(function(leaf, chosen), leaf)[0]
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient ** 2
        theta = theta - rate / (1 - 0.9 ** (step + 1)) * m / ((v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8)
    return theta


def untrac(problem, steps=5, rate=0.002, batch=2):
    models = [adam_up(problem, lambda theta, chosen: problem.losses(theta, problem.x[chosen], problem.y[chosen]).mean(), part, g, steps, rate, batch) for g, part in enumerate(problem.parts)]
    return problem.effects_of(models, problem.target)


def untrac_inv(problem, steps=5, rate=0.002, batch=3):
    before, rows = part_losses(problem, problem.target), []
    for o, name in enumerate(OBJECTIVES):
        kind, chosen = problem.scope_of(name)
        theta = adam_up(problem, lambda theta, batch: problem.measured(kind, problem.logits(theta, problem.test_x[batch]), problem.test_y[batch]), chosen, o, steps, rate, batch)
        rows.append(before - part_losses(problem, theta))
    return torch.stack(rows)


def mirrored_influence(problem, step=0.01):
    before, rows = part_losses(problem, problem.target), []
    for gradient in problem.objective_gradients(problem.target):
        epsilon = step * problem.target.norm() / gradient.norm()
        rows.append(-problem.schedule_length() / epsilon * (part_losses(problem, problem.target + epsilon * gradient) - before))
    return torch.stack(rows)


def cg_score(problem, ridge=1e-6):
    """The gap as the difference of two whole problems, with the part and without it."""
    x = problem.x.flatten(1) / problem.x.flatten(1).norm(dim=1, keepdim=True)
    cosine = (x @ x.T).clamp(-1, 1)
    cosine.fill_diagonal_(1)
    kernel = cosine * (math.pi - torch.arccos(cosine)) / (2 * math.pi) + ridge * torch.eye(TRAIN)

    def complexity(y, kept):
        return y[kept] @ torch.linalg.solve(kernel[kept][:, kept], y[kept])

    gaps = []
    for c in range(CLASSES):
        y = torch.where(problem.y == c, 1.0, -1.0)
        gaps.append(torch.stack([complexity(y, list(range(TRAIN))) - complexity(y, [n for n in range(TRAIN) if n not in part]) for part in problem.parts]))
    gaps = torch.stack(gaps)
    rows = []
    for name in OBJECTIVES:
        gap = gaps[int(name[-1])] if ":class=" in name else gaps.sum(0)
        rows.append(gap if name.startswith("loss") else -gap)
    return torch.stack(rows)


def in_run_shapley(problem, order=1, every=2):
    """The second-order Taylor expansion of every subset's utility is quadratic and has these Shapley values (Wang et al., theorem 6)."""
    batches = randomness.batches(TRAIN, BATCH, SEED, EPOCHS)
    thetas = [flat(problem.initial)]
    problem.train(on_step=lambda step, theta: thetas.append(theta))
    total = torch.zeros(len(OBJECTIVES), TRAIN)
    for step in range(0, problem.total, every):
        theta, batch, rate = thetas[step], batches[step], problem.rate(step) / (1 - MOMENTUM)
        samples = torch.stack([problem.gradient(theta, [n]) for n in batch])
        for o, name in enumerate(OBJECTIVES):
            leaf = theta.detach().clone().requires_grad_()
            gradient = torch.autograd.grad(problem.objective(name, leaf), leaf)[0]
            values = -rate * samples @ gradient
            if order == 2:
                hessian = torch.autograd.functional.hessian(lambda t, name=name: problem.objective(name, t), theta)
                values = values + rate ** 2 / 2 * samples @ hessian @ samples.mean(0)
            for n, value in zip(batch, values):
                total[o, n] += min(every, problem.total - step) * value / len(batch)
    return problem.by_part(total)


def ekfac(problem, damping=0.1):
    """Patches by unfold, cotangents by autograd, one sample at a time."""
    theta, z = problem.target, problem.logits(problem.target, problem.x).detach()
    drawn = randomness.philox_uniform(SEED, 0x454B4641, 0, TRAIN)
    labels = [int((torch.softmax(z[n], 0).cumsum(0) <= drawn[n]).sum()) for n in range(TRAIN)]
    layers, like = ["blocks.0.conv", "blocks.1.conv", "head"], problem.like
    inner, outer, gradients = {l: 0 for l in layers}, {l: 0 for l in layers}, []
    for n in range(TRAIN):
        p = OrderedDict((k, v.detach().clone().requires_grad_()) for k, v in unflat(theta, like).items())
        ends, x = {}, problem.x[[n]]
        for i in range(NETWORK.depth):
            y = F.conv2d(x, p[f"blocks.{i}.conv.weight"], p[f"blocks.{i}.conv.bias"], padding=1)
            ends[f"blocks.{i}.conv"] = (F.unfold(x, 3, padding=1)[0].T, y)
            centred = y - y.mean(dim=(2, 3), keepdim=True)
            normed = centred * torch.rsqrt((centred * centred).mean(dim=(2, 3), keepdim=True) + 1e-5)
            x = F.avg_pool2d(torch.relu(p[f"blocks.{i}.norm.weight"][None, :, None, None] * normed + p[f"blocks.{i}.norm.bias"][None, :, None, None]), 2)
        h = x.flatten(1)
        y = F.linear(h, p["head.weight"], p["head.bias"])
        ends["head"] = (h, y)
        own = torch.autograd.grad(F.cross_entropy(y, torch.tensor([labels[n]])), [*p.values(), *[ends[l][1] for l in layers]])
        gradients.append(OrderedDict(zip(p, own)))
        for l, cotangent in zip(layers, own[len(p):]):
            a, s = ends[l][0].detach(), cotangent.reshape(cotangent.shape[1], -1).T
            inner[l], outer[l] = inner[l] + a.T @ a, outer[l] + s.T @ s
    bases = {l: (torch.linalg.eigh(outer[l])[1], torch.linalg.eigh(inner[l])[1]) for l in layers}

    def rotate(vector, back=False):
        result = OrderedDict()
        for name, value in vector.items():
            layer = name.rsplit(".", 1)[0]
            if layer in bases and name.endswith("weight"):
                u, w = bases[layer]
                flatter = value.reshape(value.shape[0], -1)
                value = (u @ flatter @ w.T if back else u.T @ flatter @ w).reshape(value.shape)
            result[name] = value
        return result

    eigenvalues = torch.stack([flat(rotate(g)) ** 2 for g in gradients]).mean(0)
    damped = eigenvalues + damping * eigenvalues.mean()
    return solved_influence(problem, lambda vs: torch.stack([flat(rotate(unflat(flat(rotate(unflat(v, like))) / damped, like), back=True)) for v in vs]))


METHODS = OrderedDict([
    ("loss", loss), ("grad-dot", grad_dot), ("grad-cos", grad_cos), ("retrain", retrain), ("finetune", finetune), ("tracin", tracin), ("influence", influence),
    ("influence:curvature=hessian:damping=2", lambda problem: influence(problem, 2.0, True)), ("influence:solver=lissa:iterations=40", influence_lissa),
    ("ekfac", ekfac), ("trak:models=2:dim=8", trak), ("in-run-shapley:every=2:validation=0", in_run_shapley),
    ("in-run-shapley:order=2:every=2:validation=0", lambda problem: in_run_shapley(problem, 2)),
    ("untrac:steps=5:rate=0.002:batch=2", untrac), ("untrac-inv:steps=5:rate=0.002:batch=3", untrac_inv), ("mirrored-influence", mirrored_influence), ("cg-score", cg_score),
    ("datamodel:subsets=12", datamodel), ("datamodel:subsets=12:penalty=lasso", datamodel_lasso), ("model-averaging:shards=3:deals=2", model_averaging),
    ("encoded-ensemble:members=6", encoded_ensemble)])


def main():
    torch.set_default_dtype(torch.float64)
    problem = Problem()
    tensors = OrderedDict(x=problem.x, y=problem.y, test_x=problem.test_x, test_y=problem.test_y, group=problem.group, objectives_at_target=problem.objectives(problem.target))
    for step, theta in problem.checkpoints:
        tensors[f"checkpoint.{step}"] = theta
    for name, method in METHODS.items():
        tensors[f"method.{name}"] = method(problem)
        print(f"{name}: {tensors[f'method.{name}'].abs().max():.3e} at most")
    from adjoint import ADJOINTS  # which needs the problem above
    for name, adjoint in ADJOINTS.items():
        tensors[f"samples.{name}"] = adjoint(problem)
        print(f"{name}: {tensors[f'samples.{name}'].abs().max():.3e} at most")
    save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "methods.safetensors"), tensors, {
        "torch": torch.__version__, "architecture": "convnet", "width": NETWORK.width, "depth": NETWORK.depth, "channels": 1, "height": 8, "width_px": 8, "classes": CLASSES,
        "seed": SEED, "learning_rate": RATE, "momentum": MOMENTUM, "batch": BATCH, "epochs": EPOCHS, "objectives": ";".join(OBJECTIVES)})


if __name__ == "__main__":
    main()
