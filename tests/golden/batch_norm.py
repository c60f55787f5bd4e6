"""Prints what ReferenceBatchNormTests expects: a batch norm in training mode by PyTorch in float64, over a whole batch and without one of
its samples. The tangents come from its double backward (reverse over reverse): no formula of the library is used.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
SAMPLES, CHANNELS, HEIGHT, WIDTH = 4, 2, 3, 2


def values(frequency, *shape):
    return torch.tensor([math.sin(frequency * (i + 1)) for i in range(math.prod(shape))]).reshape(shape)


def images(frequency):
    return values(frequency, SAMPLES, CHANNELS, HEIGHT, WIDTH)


def show(name, tensor):
    print(name, *(repr(float(value)) for value in tensor.reshape(-1)))


for present in ([0, 1, 2, 3], [0, 2, 3]):
    print("samples", present)
    x, x_tangent, cotangent, cotangent_tangent, probe = (images(f) for f in (1.0, 1.3, 1.7, 2.1, 2.5))
    scale, shift, scale_tangent, shift_tangent = (values(f, CHANNELS) for f in (0.9, 0.7, 0.6, 0.4))
    running_mean, running_variance = values(0.5, CHANNELS), values(0.3, CHANNELS) + 1
    inputs = [x.requires_grad_(), scale.requires_grad_(), shift.requires_grad_()]
    cotangent.requires_grad_()
    y = F.batch_norm(x[present], running_mean, running_variance, scale, shift, training=True, momentum=0.1, eps=1e-5)
    show("y", (y * probe[present]).sum())
    show("running mean", running_mean)
    show("running variance", running_variance)

    direction = torch.zeros_like(y, requires_grad=True)
    pulled = torch.autograd.grad(y, inputs, direction, create_graph=True)
    along = sum((a * b).sum() for a, b in zip(pulled, (x_tangent, scale_tangent, shift_tangent)))
    (y_tangent,) = torch.autograd.grad(along, direction, retain_graph=True)
    show("tangent of y", (y_tangent * probe[present]).sum())

    results = torch.autograd.grad(y, inputs, cotangent[present], create_graph=True)
    directions = [torch.zeros_like(result, requires_grad=True) for result in results]
    pulled = torch.autograd.grad(results, (x, cotangent, scale), directions, create_graph=True)
    along = sum((a * b).sum() for a, b in zip(pulled, (x_tangent, cotangent_tangent, scale_tangent)))
    tangents = torch.autograd.grad(along, directions)
    for name, result, tangent in zip(("x", "scale", "shift"), results, tangents):
        if name == "x":
            result, tangent = (result * probe).sum(), (tangent * probe).sum()
        show(f"cotangent of {name}", result)
        show("its tangent", tangent)
