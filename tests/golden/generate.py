#!/usr/bin/env python3
"""Writes the goldens of this folder (see README.md): networks, matching gradients and a short training, computed by PyTorch in float64.

    python3 generate.py [--out DIR]

Every case is seeded, checked against finite differences before it is written, and redrawn (next seed) while a ReLU input is so close
to zero that float32 might take the other branch.
"""
import argparse
import math
import os
from collections import OrderedDict

import torch

import checks
from derivatives import (DISTANCES, ZERO_TENSOR, directional, gradients, is_trained, kink_margin, leaves, loss_per_sample, matching,
                         moved, norm, settle_zeros, weighted_loss)
from architectures import AlexNet, Logistic, ResNet18, ResNet9, Vgg11
from networks import ConvNet, LeNet, Mlp, normal, rounded
from safetensors_io import save

MARGIN = 1e-5


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def label_vectors(kind, count, classes, generator):
    """one-hot; soft (a probability); reflected (2p - onehot, scaled a little, so that entries are negative and the sum is not 1)."""
    hard = torch.eye(classes, dtype=torch.float64)[torch.randint(classes, (count,), generator=generator)]
    if kind == "one-hot":
        return hard
    soft = torch.softmax(1.5 * normal((count, classes), generator), 1)
    if kind == "soft":
        return rounded(soft)
    scale = 0.75 + 0.5 * torch.rand((count, 1), generator=generator, dtype=torch.float64)
    return rounded(scale * (2 * soft - hard) + 0.05 * normal((count, classes), generator))


def sample_weights(kind, count, generator):
    if kind == "mean":
        return rounded(torch.full((count,), 1.0 / count, dtype=torch.float64))
    weights = rounded(torch.rand(count, generator=generator, dtype=torch.float64) + 0.1)
    weights[1] = 0.0  # a sample that must have no effect
    return weights


def input_shape(network, count):
    return (count, network.channels, network.height, network.width_px)


def prefixed(prefix, tensors):
    return OrderedDict((f"{prefix}.{name}", value) for name, value in tensors.items())


def stacked(prefix, per_group):
    return OrderedDict((f"{prefix}.{name}", torch.stack([group[name] for group in per_group])) for name in per_group[0])


def describe(network, seed, **more):
    return {"torch": torch.__version__, "seed": seed, **network.settings, "channels": network.channels, "height": network.height,
            "width_px": network.width_px, "classes": network.classes, **more}


def network_case(folder, name, network, count, labels, weighting, seed):
    while True:
        generator = seeded(seed)
        parameters = network.parameters(generator)
        x = normal(input_shape(network, count), generator)
        margin = kink_margin(network, parameters, x)
        if margin > MARGIN:
            break
        seed += 1
    q = label_vectors(labels, count, network.classes, generator)
    weights = sample_weights(weighting, count, generator)
    direction = OrderedDict(
        (n, rounded(normal(p.shape, generator) * p.pow(2).mean().sqrt()) * is_trained(n)) for n, p in parameters.items())

    checks.against_modules(name, network, parameters, x)
    checks.network_case(name, network, parameters, x, q, weights, direction, generator)
    grad, grad_input = gradients(network, parameters, x, q, weights)
    hvp, tangent_input, tangent_logits = directional(network, parameters, x, q, weights, direction)
    logits = network.forward(parameters, x)
    checks.loss_matches_pytorch(name, logits, q)
    settle_zeros(grad, norm(grad.values()))
    settle_zeros(hvp, norm(hvp.values()))
    save(os.path.join(folder, f"{name}.safetensors"), OrderedDict(
        x=x, q=q, weights=weights, **prefixed("param", parameters), **prefixed("direction", direction),
        logits=logits, loss_per_sample=loss_per_sample(logits, q), **prefixed("grad", grad), grad_input=grad_input,
        **prefixed("hvp", hvp), tangent_input=tangent_input, tangent_logits=tangent_logits),
        describe(network, seed, labels=labels, weights=weighting, relu_margin=f"{margin:.1e}"))


def matching_case(folder, name, network, form, labels, seed, dead_channel=False, sizes=(5, 3, 4), images_per_group=2):
    groups, rows = len(sizes), [sum(sizes[:g]) for g in range(len(sizes) + 1)]
    while True:
        generator = seeded(seed)
        target_parameters = network.parameters(generator)
        if dead_channel:  # gamma 0 and beta below zero: the filter's rows have a gradient of exactly zero, real and synthetic
            target_parameters["blocks.0.norm.weight"][2] = 0.0
            target_parameters["blocks.0.norm.bias"][2] = -0.5
        real_x = normal(input_shape(network, rows[-1]), generator)
        real_y = torch.randint(network.classes, (rows[-1],), generator=generator)
        real_q = torch.eye(network.classes, dtype=torch.float64)[real_y]
        images = normal(input_shape(network, groups * images_per_group), generator)
        q = label_vectors(labels, groups * images_per_group, network.classes, generator)
        synset_parameters = target_parameters
        if form == "reverse":  # theta_{t+s}: a few steps of descent on the real images
            mean = torch.full((len(real_x),), 1.0 / len(real_x), dtype=torch.float64)
            for _ in range(3):
                synset_parameters = moved(synset_parameters, gradients(network, synset_parameters, real_x, real_q, mean)[0], -0.1)
            synset_parameters = OrderedDict((n, rounded(p)) for n, p in synset_parameters.items())
        margin = min(kink_margin(network, target_parameters, real_x), kink_margin(network, synset_parameters, images))
        if margin > MARGIN:
            break
        seed += 1

    sign, targets = (-1.0 if form == "reverse" else 1.0), []
    for g in range(groups):
        part, mean = slice(rows[g], rows[g + 1]), torch.full((sizes[g],), 1.0 / sizes[g], dtype=torch.float64)
        real, _ = gradients(network, target_parameters, real_x[part], real_q[part], mean)
        settle_zeros(real, norm(real.values()))
        targets.append(OrderedDict((n, sign * value) for n, value in real.items()))

    tensors = OrderedDict(real_x=real_x, real_y=real_y, group_sizes=torch.tensor(sizes),
                          synset_images=images, synset_labels=q,
                          **prefixed("target_param", target_parameters), **prefixed("synset_param", synset_parameters),
                          **stacked("target_grad", targets))
    for kind in DISTANCES:
        results = []
        for g in range(groups):
            part = slice(g * images_per_group, (g + 1) * images_per_group)
            checks.matching_case(name, network, synset_parameters, images[part], q[part], targets[g], kind, generator)
            results.append(matching(network, synset_parameters, images[part], q[part], targets[g], kind))
        for result in results:
            settle_zeros(result[0], norm(result[0].values()))
            settle_zeros(result[2], max(norm(result[2].values()), norm(result[0].values())))
        if kind == DISTANCES[0]:
            tensors.update(stacked("synset_grad", [result[0] for result in results]))
        tensors[f"distance.{kind}"] = torch.stack([result[1] for result in results])
        tensors[f"grad_images.{kind}"] = torch.cat([result[3] for result in results])
        tensors[f"grad_labels.{kind}"] = torch.cat([result[4] for result in results])
        tensors.update(stacked(f"cotangent.{kind}", [result[2] for result in results]))
    save(os.path.join(folder, f"{name}.safetensors"), tensors, describe(
        network, seed, form=form, labels=labels, images_per_group=images_per_group, zero_tensor=ZERO_TENSOR, relu_margin=f"{margin:.1e}"))


def cosine(step, steps):
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def one_cycle(step, steps, peak=0.2):
    """np.interp(step, [0, peak * steps, steps], [0, 1, 0]), as in FFCV's and TRAK's recipes for CIFAR-10."""
    return min(step / (peak * steps), (steps - step) / (steps - peak * steps))


def training_case(folder, name, network, seed, samples=24, batch=6, steps=10, rate=0.05, momentum=0.9, schedule=cosine, decay=0.0,
                  nesterov=False, smoothing=0.0):
    """PyTorch's SGD: g <- g + decay theta; v <- momentum v + g (v = g at the first step); theta <- theta - lr_t v, with Nesterov's
    momentum theta <- theta - lr_t (g + momentum v); lr_t = lr_0 schedule(t, T). Labels are smoothed as in torch's cross_entropy."""
    while True:
        generator = seeded(seed)
        initial = network.parameters(generator)
        x = normal(input_shape(network, samples), generator)
        y = torch.randint(network.classes, (samples,), generator=generator)
        order, left = [], []
        while len(order) < steps:  # an epoch is a permutation; its last batch is the rest (here 6, 6, 6, 5: one sample is dropped)
            left = torch.randperm(samples, generator=generator)[: samples - 1]
            order.extend(left.split(batch))
        order = order[:steps]
        q = (1 - smoothing) * torch.eye(network.classes, dtype=torch.float64)[y] + smoothing / network.classes
        rates = torch.tensor([rate * schedule(t, steps) for t in range(steps)], dtype=torch.float64)
        parameters, velocity, losses, margin = initial, None, [], math.inf
        for t, batch_rows in enumerate(order):
            mean = torch.full((len(batch_rows),), 1.0 / len(batch_rows), dtype=torch.float64)
            margin = min(margin, kink_margin(network, parameters, x[batch_rows]))
            losses.append(weighted_loss(network, parameters, x[batch_rows], q[batch_rows], mean))
            grad, _ = gradients(network, parameters, x[batch_rows], q[batch_rows], mean)
            settle_zeros(grad, norm(grad.values()))
            grad = OrderedDict((n, grad[n] + decay * is_trained(n) * parameters[n]) for n in grad)
            velocity = grad if velocity is None else OrderedDict((n, momentum * velocity[n] + grad[n]) for n in grad)
            step = OrderedDict((n, grad[n] + momentum * velocity[n]) for n in grad) if nesterov else velocity
            parameters = moved(parameters, step, -rates[t])
            if getattr(network, "training", False):
                parameters = network.moved_statistics(parameters)
        if margin > MARGIN:
            break
        seed += 1

    free = leaves(initial)  # the same steps by torch.optim and its scheduler
    optimizer = torch.optim.SGD(free.values(), lr=rate, momentum=momentum, weight_decay=decay, nesterov=nesterov)
    scheduler = (torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps) if schedule is cosine
                 else torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: schedule(t, steps)))
    for batch_rows in order:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network.forward(free, x[batch_rows]), y[batch_rows], label_smoothing=smoothing).backward()
        optimizer.step()
        scheduler.step()
    trained = [n for n in parameters if is_trained(n)]
    checks.expect(f"{name}: torch.optim.SGD", [parameters[n] for n in trained], [free[n].detach() for n in trained], 1e-10)
    if len(trained) < len(parameters):
        checks.running_statistics(name, network, initial, parameters, order, x, y, rate, momentum)

    offsets = torch.tensor([0, *[len(b) for b in order]]).cumsum(0)
    recipe = {} if schedule is cosine else dict(
        schedule=schedule.__name__, weight_decay=decay, nesterov=nesterov, label_smoothing=smoothing)
    save(os.path.join(folder, f"{name}.safetensors"), OrderedDict(
        x=x, y=y, order=torch.cat(order), batch_offsets=offsets, learning_rates=rates, **prefixed("initial", initial),
        losses=torch.stack(losses), **prefixed("final", parameters), **prefixed("velocity", velocity)),
        describe(network, seed, momentum=momentum, learning_rate=rate, steps=steps, relu_margin=f"{margin:.1e}", **recipe))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    folder = arguments.parse_args().out
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)  # so that the order of sums is fixed

    network_case(folder, "convnet_28x28x1", ConvNet(1, 28, 28, 10, width=8, depth=3), 5, "one-hot", "mean", 1000)
    network_case(folder, "convnet_32x32x3", ConvNet(3, 32, 32, 10, width=16, depth=3), 3, "soft", "ragged", 2000)
    network_case(folder, "convnet_9x9x2", ConvNet(2, 9, 9, 7, width=5, depth=2), 4, "reflected", "ragged", 3000)
    network_case(folder, "convnet_17x13x3", ConvNet(3, 17, 13, 4, width=9, depth=3), 3, "reflected", "mean", 4000)
    network_case(folder, "mlp_28x28x1", Mlp(1, 28, 28, 10, hidden=(19, 12)), 6, "one-hot", "ragged", 5000)
    network_case(folder, "mlp_9x9x2", Mlp(2, 9, 9, 7, hidden=(33,)), 5, "reflected", "mean", 6000)
    network_case(folder, "lenet_28x28x1", LeNet(1, 28, 28, 10), 4, "soft", "mean", 7000)
    network_case(folder, "lenet_21x17x2", LeNet(2, 21, 17, 5), 3, "reflected", "ragged", 8000)
    network_case(folder, "logistic_9x9x2", Logistic(2, 9, 9, 7), 5, "reflected", "mean", 8100)
    network_case(folder, "resnet9_12x11x3", ResNet9(3, 12, 11, 5, width=4), 4, "reflected", "ragged", 8200)
    network_case(folder, "resnet9_training", ResNet9(2, 16, 15, 5, width=4, training=True), 6, "soft", "mean", 8300)
    network_case(folder, "resnet9_group_norm", ResNet9(1, 13, 12, 5, width=3, group_norm=True), 3, "soft", "ragged", 8350)
    network_case(folder, "resnet18_9x8x3", ResNet18(3, 9, 8, 4, width=3), 3, "reflected", "ragged", 8400)
    network_case(folder, "resnet18_training", ResNet18(1, 8, 9, 4, width=3, training=True, gelu=True), 5, "soft", "mean", 8500)
    network_case(folder, "resnet18_imagenet", ResNet18(3, 35, 33, 4, width=2, imagenet=True), 2, "soft", "mean", 8600)
    network_case(folder, "vgg11_32x32x3", Vgg11(3, 32, 33, 4, width=2), 2, "soft", "mean", 8700)
    network_case(folder, "alexnet_12x13x1", AlexNet(1, 12, 13, 4, width=4), 3, "reflected", "ragged", 8800)
    network_case(folder, "alexnet_gelu", AlexNet(3, 16, 16, 4, width=4, gelu=True), 3, "soft", "mean", 8900)
    matching_case(folder, "matching_forward", ConvNet(1, 28, 28, 10, width=8, depth=3), "forward", "soft", 9000)
    matching_case(folder, "matching_reverse", ConvNet(2, 13, 11, 6, width=7, depth=2), "reverse", "reflected", 10000)
    matching_case(folder, "matching_dead_channel", ConvNet(3, 9, 10, 5, width=5, depth=2), "forward", "one-hot", 11000, dead_channel=True)
    training_case(folder, "training", ConvNet(2, 13, 12, 5, width=8, depth=2), 12000)
    matching_case(folder, "matching_resnet9", ResNet9(2, 11, 12, 4, width=3), "reverse", "reflected", 12100)
    training_case(folder, "training_resnet9", ResNet9(2, 12, 13, 5, width=4, training=True), 12200)
    training_case(folder, "training_recipe", ConvNet(2, 13, 12, 5, width=8, depth=2), 13000, schedule=one_cycle, decay=0.05, nesterov=True,
                  smoothing=0.2)

    for what, error in sorted(checks.worst.items()):
        print(f"{what:36} worst relative error {error:.1e}")
    total = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder) if f.endswith(".safetensors"))
    print(f"{total / 1e6:.2f} MB written to {folder}")


if __name__ == "__main__":
    main()
