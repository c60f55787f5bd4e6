"""The workloads of the side-by-side benchmark: kind → (variant name → build), best known variant first.

A build returns work(short): runs the workload once, or, if it is long and `short` is set, only as much of it as is needed to
warm up and to compare variants. Inputs that are built here are not timed.
"""
import torch
import torch.nn.functional as F

from adjoint import adjoint
from common import convnet
from ensemble import EnsembleLoop, EnsembleVmap
from matching_step import matching_network
from offline import offline
from resnet9 import ResNet9
from synset import random_targets, synset_data, update_variants
from training import evaluation_data, labelled_images, train_step


def layouts(build):
    """Contiguous and channels-last forms of the same work; build receives the function that sets the layout of a tensor."""
    return {"contiguous": lambda: build(lambda t: t.contiguous()),
            "channels-last": lambda: build(lambda t: t.contiguous(memory_format=torch.channels_last))}


def convolution(direction):
    def variants(options, batch, inputs, outputs, size, kernel=3, stride=1, bias=True):
        def build(layout):
            x = layout(torch.randn(batch, inputs, size, size))
            w, b = layout(torch.randn(outputs, inputs, kernel, kernel) * 0.05), torch.randn(outputs) if bias else None
            padding = kernel // 2
            if direction == "forward":
                def work(_):
                    with torch.no_grad():
                        return F.conv2d(x, w, b, stride=stride, padding=padding)
                return work
            result = (size + 2 * padding - kernel) // stride + 1
            delta = layout(torch.randn(batch, outputs, result, result))
            mask = [True, False, False] if direction == "data" else [False, True, bias]
            return lambda _: torch.ops.aten.convolution_backward(
                delta, x, w, [outputs] if bias else None, [stride, stride], [padding, padding], [1, 1], False, [0, 0], 1, mask)
        return layouts(build)
    return variants


def gemm(options, size):
    def operands():
        return torch.randn(size, size), torch.randn(size, size), torch.randn(size), torch.empty(size, size)

    def linear():
        x, w, b, _ = operands()
        return lambda _: F.linear(x, w, b)

    def product():
        x, w, _, y = operands()
        return lambda _: torch.mm(x, w, out=y)
    return {"mm": product, "linear": linear}


def gemm_backward_data(options, size):
    return {"mm": gemm(options, size)["mm"]}


def gemm_backward_weight(options, size):
    def product():
        delta, x, y = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)

        def work(_):
            torch.mm(delta.t(), x, out=y)
            return delta.sum(0)
        return work
    return {"mm": product}


def forward_backward(make, batch, channels, size):
    """The operation's output and the gradients of all tensors that require one."""
    def build(layout):
        module = make()
        x, delta = layout(torch.randn(batch, channels, size, size)).requires_grad_(), None

        def work(_):
            nonlocal delta
            y = module(x)
            if delta is None:
                delta = torch.randn_like(y)
            torch.autograd.grad(y, [x, *module.parameters()], delta)
        return work
    return build


def instance_norm(options, batch, channels, size):
    group = forward_backward(lambda: torch.nn.GroupNorm(channels, channels), batch, channels, size)
    instance = forward_backward(lambda: torch.nn.InstanceNorm2d(channels, affine=True), batch, channels, size)
    return {"group-norm": lambda: group(lambda t: t), "instance-norm": lambda: instance(lambda t: t)}


def relu_avgpool(options, batch, channels, size):
    return layouts(forward_backward(lambda: torch.nn.Sequential(torch.nn.ReLU(), torch.nn.AvgPool2d(2)), batch, channels, size))


def same(t):
    return t


def channels_last(t):
    return t.to(memory_format=torch.channels_last)


def forms(network, build, channels, size, width, depth):
    """The variants of build(network, layout of its images): a ConvNet with group norm, instance norm, and group norm in channels-last and
    in mixed layouts; a ResNet-9 in both layouts."""
    if network == "resnet9":
        def residual(layout):
            return build(layout(ResNet9(width, channels=channels)), layout)
        return {"channels-last": lambda: residual(channels_last), "contiguous": lambda: residual(same)}

    def plain(norm, layout, mixed=False):
        return build(layout(convnet(width, depth, norm, channels, size, mixed=mixed)), layout)
    return {"group-norm": lambda: plain("group", same), "instance-norm": lambda: plain("instance", same),
            "group-norm, channels-last": lambda: plain("group", channels_last),
            "group-norm, mixed layouts": lambda: plain("group", channels_last, mixed=True)}


def training_step(options, batch, channels, size, width, depth, network="convnet"):
    def build(model, layout):
        x, y = labelled_images(options, channels, size)
        return train_step(model, layout(x), y, batch)
    return forms(network, build, channels, size, width, depth)


def evaluation(options, batch, channels, size, width, depth, network="convnet"):
    def build(model, layout):
        model, x = model.eval(), layout(labelled_images(options, channels, size)[0][:batch])

        def work(_):
            with torch.inference_mode():
                return model(x)
        return work
    return forms(network, build, channels, size, width, depth)


def matching_step(options, groups, images, width, depth, channels=1, size=28, network="convnet"):
    model = matching_network(network, width, depth, channels=channels, size=size)
    x, q = synset_data(options, groups, images, channels, size)
    return update_variants(model, width, depth, x, q, random_targets(model, groups))


def online(options, groups, models, steps, evaluated, width, depth, channels=1, size=28, network="convnet"):
    """models − 1 perturbed models and the control: full-batch steps on the synset with a weight per model and image, then logits of all
    of them. Batch norms use the running statistics."""
    x, q = synset_data(options, groups, 1, channels, size)
    x, q, test = x.flatten(0, 1), q.flatten(0, 1), evaluation_data(options, evaluated, channels, size)
    weights = torch.full((models, groups), 1 / groups)
    weights[range(models - 1), range(models - 1)] = 0

    def build(make, start, layout=same):
        def variant():
            ensemble, images, evaluation_images = make(start()), layout(x), layout(test)

            def work(short):
                count = min(models, 4) if short else models
                ensemble.descend(images, q, weights[:count], steps=2 if short else steps, rate=0.05, momentum=0.9)
                return ensemble.logits(evaluation_images[:250] if short else evaluation_images)
            return work
        return variant

    def plain(mixed=False):
        return convnet(width, depth, "group", channels, size, mixed=mixed)

    def residual(norm="batch"):
        return ResNet9(width, norm, channels).eval()
    if network == "resnet9":
        return {"loop, channels-last": build(EnsembleLoop, lambda: channels_last(residual()), channels_last),
                "loop": build(EnsembleLoop, residual), "vmap": build(EnsembleVmap, lambda: residual("primitive"))}
    return {"loop": build(EnsembleLoop, plain), "loop, mixed layouts": build(EnsembleLoop, lambda: plain(mixed=True)),
            "vmap": build(EnsembleVmap, plain)}


def retrain(options, models, samples, batch, epochs, width, depth):
    x, y = labelled_images(options, 1, 28, per_class=samples // 10)
    group = torch.arange(len(x)) * 50 // len(x)

    def build(make, mixed=False):
        def variant():
            ensemble = make(convnet(width, depth, "group", mixed=mixed))

            def work(short):
                count, steps = (min(models, 4), 4) if short else (models, epochs * -(-len(x) // batch))
                ensemble.train(x, y, [group != g for g in range(count)], batch, steps, rate=0.02, momentum=0.9, seed=options.seed)
            return work
        return variant
    return {"loop": build(EnsembleLoop), "loop, mixed layouts": build(EnsembleLoop, mixed=True), "vmap": build(EnsembleVmap)}


KINDS = {
    "conv-fwd": convolution("forward"), "conv-bwd-data": convolution("data"), "conv-bwd-filter": convolution("filter"), "gemm": gemm,
    "gemm-bwd-data": gemm_backward_data, "gemm-bwd-weight": gemm_backward_weight,
    "instance-norm": instance_norm, "relu-avgpool": relu_avgpool, "train-step": training_step, "forward": evaluation,
    "matching-step": matching_step, "online": online, "retrain": retrain, "offline-total": offline, "adjoint": adjoint,
}
