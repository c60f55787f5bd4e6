"""The independent checks of the goldens: central differences in float64 and torch.nn's own layers. Anything above 1e-6 aborts."""
from collections import OrderedDict

import torch

from derivatives import DISTANCES, directional, distance, gradients, is_trained, loss_per_sample, matching, moved, norm, weighted_loss

STEP = 3e-7
SCALAR_STEP = 1e-6  # longer, because a scalar loses more to rounding; both steps stay within the ReLU margin
LIMIT = 1e-6
worst = {}


def expect(what, found, reference, limit=LIMIT):
    """Relative error of lists of tensors, in the 2-norm of all of them together."""
    error = norm([a - b for a, b in zip(found, reference)]) / max(norm(reference), 1e-300)
    if not error < limit:
        raise SystemExit(f"{what}: relative error {error:.2e}, allowed {limit:.0e}")
    kind = what.split(": ")[-1]
    worst[kind] = max(worst.get(kind, 0.0), error)


def against_modules(case, network, parameters, x):
    """Compares the functions of networks.py with the same network of torch.nn layers, whose parameter names must be the same, too."""
    module = network.module().double()
    module.load_state_dict(parameters)
    module.train(getattr(network, "training", False))
    expect(f"{case}: torch.nn", [network.forward(parameters, x)], [module(x).detach()], 1e-12)


def random_like(tensor, generator):
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float64)


def along(what, function, point, gradient, k, generator):
    """Compares a scalar function's gradient with differences: along the gradient itself (k = 0) or along the gradient plus as much noise.
    """
    u = gradient / gradient.norm()
    if k > 0:
        noise = random_like(point, generator)
        u = u + noise / noise.norm()
    slope = (function(point + SCALAR_STEP * u) - function(point - SCALAR_STEP * u)) / (2 * SCALAR_STEP)
    expect(what, [(gradient * u).sum()], [slope])


def network_case(case, network, parameters, x, q, weights, direction, generator, directions=4):
    """Compares gradients() and directional() with differences, for the stored direction and a few more."""
    grad, grad_input = gradients(network, parameters, x, q, weights)
    for k in range(directions):
        v = direction if k == 0 else OrderedDict(
            (n, random_like(p, generator) * p.pow(2).mean().sqrt() * is_trained(n)) for n, p in parameters.items())
        hvp, tangent_input, tangent_logits = directional(network, parameters, x, q, weights, v)
        plus, minus = moved(parameters, v, STEP), moved(parameters, v, -STEP)
        (gp, ip), (gm, im) = (gradients(network, p, x, q, weights) for p in (plus, minus))
        expect(f"{case}: hvp", list(hvp.values()), [(gp[n] - gm[n]) / (2 * STEP) for n in hvp])
        expect(f"{case}: tangent_input", [tangent_input], [(ip - im) / (2 * STEP)])
        expect(f"{case}: tangent_logits", [tangent_logits],
               [(network.forward(plus, x) - network.forward(minus, x)) / (2 * STEP)])
    names = list(parameters)
    for k in range(directions):
        along(f"{case}: grad_input", lambda moved_x: weighted_loss(network, parameters, moved_x, q, weights), x, grad_input, k, generator)
        for name in names:
            if grad[name].norm() > 1e-9:  # zero for the biases before instance norm
                along(f"{case}: grad", lambda moved_p: weighted_loss(network, {**parameters, name: moved_p}, x, q, weights),
                      parameters[name], grad[name], k, generator)


def matching_case(case, network, parameters, images, labels, target, kind, generator, directions=3):
    """Compares the gradients of the distance, with respect to images and label vectors, with differences of the distance itself."""
    assert kind in DISTANCES
    _, _, _, by_images, by_labels = matching(network, parameters, images, labels, target, kind)
    weights = torch.full((len(images),), 1.0 / len(images), dtype=torch.float64)

    def value(x, q):
        return distance(kind, gradients(network, parameters, x, q, weights)[0], target)

    for k in range(directions):
        along(f"{case}: {kind} grad_images", lambda moved_x: value(moved_x, labels), images, by_images, k, generator)
        along(f"{case}: {kind} grad_labels", lambda moved_q: value(images, moved_q), labels, by_labels, k, generator)


def loss_matches_pytorch(case, logits, q):
    """If q is a probability, the loss is PyTorch's cross_entropy with soft targets."""
    if (q >= 0).all() and torch.allclose(q.sum(1), torch.ones(len(q), dtype=q.dtype)):
        expect(f"{case}: cross_entropy", [loss_per_sample(logits, q)],
               [torch.nn.functional.cross_entropy(logits, q, reduction="none")], 1e-12)


def running_statistics(case, network, initial, final, order, x, y, rate, momentum):
    """Compares a training's result, with its running statistics, with that of the same network of torch.nn layers."""
    module = network.module().double()
    module.load_state_dict(initial)
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), lr=rate, momentum=momentum)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(order))
    for rows in order:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(x[rows]), y[rows]).backward()
        optimizer.step()
        scheduler.step()
    state = module.state_dict()
    expect(f"{case}: running statistics", list(final.values()), [state[n] for n in final], 1e-10)
