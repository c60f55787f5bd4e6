"""The derivative of a whole training by the weight of every sample: plain autograd through 20 steps of SGD, in float64."""
import torch
import torch.nn.functional as F

import randomness
from methods import BATCH, MOMENTUM, NETWORK, OBJECTIVES, SEED, TRAIN, flat

EPOCHS = 5


def steps(problem, seed):
    return list(enumerate(randomness.batches(TRAIN, BATCH, seed, EPOCHS)))


def rate(problem, step):
    return problem.rate(step, total=EPOCHS * problem.steps_per_epoch)


def exact(problem, from_share=0.0, seed=SEED, kept=None, decay=0.0, nesterov=False, smoothing=0.0):
    """dF/ds [O, N] at s = kept (1 for a sample that is there, 0 for one that is not), by autograd through the steps after from_share."""
    weights = (torch.ones(TRAIN) if kept is None else kept.double()).requires_grad_()
    theta = flat(randomness.initialise(NETWORK, seed)).requires_grad_()
    velocity, first = torch.zeros_like(theta), int(from_share * EPOCHS * problem.steps_per_epoch + 0.5)
    for step, batch in steps(problem, seed):
        if step == first:
            theta, velocity = theta.detach().requires_grad_(), velocity.detach()
        losses = F.cross_entropy(problem.logits(theta, problem.x[batch]), problem.y[batch], reduction="none", label_smoothing=smoothing)
        own = weights[batch]
        mean = (own * losses).sum() / own.sum() if own.sum() > 0 else 0 * losses.sum()  # no gradient without a sample
        gradient = torch.autograd.grad(mean, theta, create_graph=True)[0] + decay * theta
        velocity = MOMENTUM * velocity + gradient
        theta = theta - rate(problem, step) * (gradient + MOMENTUM * velocity if nesterov else velocity)
    return torch.stack([torch.autograd.grad(problem.objective(name, theta), weights, retain_graph=True)[0] for name in OBJECTIVES])


def gauss_newton(problem):
    """The same recursion backwards, with the matrix of each step's Gauss-Newton curvature in place of its Hessian's."""
    thetas, velocity = [flat(randomness.initialise(NETWORK, SEED))], 0
    for step, batch in steps(problem, SEED):
        velocity = MOMENTUM * velocity + problem.gradient(thetas[-1], batch) / len(batch)
        thetas.append(thetas[-1] - rate(problem, step) * velocity)
    adjoint = problem.objective_gradients(thetas[-1])
    total, moved = torch.zeros(len(OBJECTIVES), TRAIN), torch.zeros_like(adjoint)
    for step, batch in reversed(steps(problem, SEED)):
        theta = thetas[step]
        moved = MOMENTUM * moved - rate(problem, step) * adjoint
        products = moved @ torch.stack([problem.gradient(theta, [n]) for n in batch]).T
        total[:, batch] += (products - products.mean(1, keepdim=True)) / len(batch)
        jacobian = torch.autograd.functional.jacobian(lambda t: problem.logits(t, problem.x[batch]), theta)
        p = torch.softmax(problem.logits(theta, problem.x[batch]), 1)
        inner = torch.diag_embed(p) - p[:, :, None] * p[:, None]
        adjoint = adjoint + moved @ torch.einsum("nkp,nkl,nlq->pq", jacobian, inner, jacobian) / len(batch)
    return total


def subset(draw, removed):
    kept = torch.ones(TRAIN)
    kept[randomness.permutation(TRAIN, SEED, ((0x48414C56 << 32) ^ (2 << 40)) + draw)[:removed]] = 0
    return kept


def ensemble(problem, removed=8, members=2, seeds="target"):
    """The mean over the trainings that contain the sample; over all, for a sample that none contains."""
    total, count = torch.zeros(len(OBJECTIVES), TRAIN), torch.zeros(TRAIN)
    subsets = [subset(member, removed) for member in range(members)]
    never = (sum(subsets) == 0).double()
    for member, kept in enumerate(subsets):
        used = kept + never
        total, count = total + used * exact(problem, seed=SEED + (member if seeds == "each" else 0), kept=kept), count + used
    return total / count


ADJOINTS = {
    "adjoint": exact,
    "adjoint:from=0.5": lambda problem: exact(problem, from_share=0.5),
    "adjoint:curvature=gauss-newton": gauss_newton,
    "adjoint:ensemble=2:keep=0.6": ensemble,
    "adjoint:ensemble=2:keep=0.6:seeds=each": lambda problem: ensemble(problem, seeds="each"),
    "adjoint:ensemble=2": lambda problem: ensemble(problem, removed=0, seeds="each"),
    "adjoint:recipe": lambda problem: exact(problem, decay=0.05, nesterov=True, smoothing=0.2),
}
