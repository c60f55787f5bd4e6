#!/usr/bin/env python3
"""PyTorch 2's half of the comparison on a GPU: the rows of `side-by-side --device cuda`, as an experienced user would write them.

Eager, channels-last, CUDA graphs, torch.compile and torch.func's vmap; the fastest variant of a row is the one to compare with.
Times are medians between CUDA events over batches of runs, after a warm-up. Variants that must be compiled come last, so that a
budget that is too short leaves no row empty. Prints one line per variant and writes JSON after each.

  gpu.py --data DIR [--precision fp32,tf32] [--only train-step,matching] [--variants graph] [--budget 150] [--json FILE]
"""
import argparse
import contextlib
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import workloads
from common import convnet
from ensemble import EnsembleVmap, weighted_loss
from matching_step import ways as matching_ways
from resnet9 import NORMS as BATCH_NORMS, ResNet9
from training import labelled_images

GROUPS, CLASSES, DEPTH = 50, 10, 3
TURN_SECONDS, MOST_RUNS, LEAST_TURNS, MOST_TURNS, ROW_SECONDS = 0.03, 200, 3, 25, 0.4


def on(device):
    """Tensors that are created inside are on the device."""
    return contextlib.nullcontext() if device == "cpu" else torch.device(device)


def channels_last(t):
    return t.to(memory_format=torch.channels_last)


def compiled(function):
    # Each variant starts with an empty cache: after a few versions of one function, PyTorch would silently run it uncompiled.
    torch._dynamo.reset()
    return torch.compile(function)


def graphed(work, warm_ups=3):
    """The same work as a CUDA graph. It must use the same memory every time."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(warm_ups):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def ways(build):
    """Variants of build(norm, layout, compile) → work(): eager, as a graph, compiled, and both."""
    return {
        "eager": lambda: build("group", lambda t: t, lambda f: f),
        "eager, channels-last": lambda: build("group", channels_last, lambda f: f),
        "graph": lambda: graphed(build("group", lambda t: t, lambda f: f)),
        "graph, channels-last": lambda: graphed(build("group", channels_last, lambda f: f)),
        "compile + graph, channels-last": lambda: graphed(build("primitive", channels_last, compiled)),
        "compile, channels-last": lambda: build("primitive", channels_last, compiled),
    }


def images(options, channels, size):
    x, y = labelled_images(options, channels, size)
    return x.to(options.device), y.to(options.device)


def network_of(options, width, norm, channels=1, size=28, kind="convnet"):
    """A ResNet-9 has its fused batch norm unless the norm is primitive."""
    network = (ResNet9(width, norm if norm in BATCH_NORMS else "batch", channels) if kind == "resnet9"
               else convnet(width, DEPTH, norm, channels, size))
    return network.to(options.device)


def sgd(options, network, rate):
    try:
        return torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, fused=options.device != "cpu")
    except TypeError:  # before PyTorch 2.3
        return torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)


def training_step(options, batch, channels, size, width=128, kind="convnet"):
    def build(norm, layout, compile_):
        network = layout(network_of(options, width, norm, channels, size, kind))
        x, y = images(options, channels, size)
        x, y = layout(x[:batch].clone()), y[:batch].clone()
        optimizer, forward = sgd(options, network, 0.02), compile_(network)

        def work():
            optimizer.zero_grad(set_to_none=False)
            F.cross_entropy(forward(x), y).backward()
            optimizer.step()
        return work
    return ways(build)


def evaluation(options, batch, channels, size, width=128, kind="convnet"):
    def build(norm, layout, compile_):
        network = layout(network_of(options, width, norm, channels, size, kind)).eval()
        x, forward = layout(images(options, channels, size)[0][:batch].clone()), compile_(network)

        def work():
            with torch.no_grad():
                return forward(x)
        return work
    return ways(build)


def matching_step(options, width, channels=1, size=28, kind="convnet"):
    def build(compile_, way="vmap-jvp"):
        network = network_of(options, width, "primitive", channels, size, kind).eval()
        x, y = images(options, channels, size)
        x = x[:GROUPS].unsqueeze(1).clone().requires_grad_()
        q = F.one_hot(y[:GROUPS], CLASSES).float().unsqueeze(1).clone().requires_grad_()
        targets = [torch.randn(GROUPS, *p.shape, device=options.device) for p in network.parameters()]
        step = compile_(matching_ways(network, GROUPS, width, DEPTH, "primitive")[way]().__call__)
        x.grad, q.grad = torch.zeros_like(x), torch.zeros_like(q)
        capturable = {} if options.device == "cpu" else {"capturable": True}
        adam = torch.optim.Adam([x, q], lr=0.03, betas=(0.5, 0.9), **capturable)

        def work():
            by_images, by_labels = step(x.detach(), q.detach(), targets)
            x.grad.copy_(by_images)
            q.grad.copy_(by_labels)
            adam.step()
        return work
    grouped = {} if kind == "convnet" else {"grouped": lambda: build(lambda f: f, "grouped"),
                                            "grouped, graph": lambda: graphed(build(lambda f: f, "grouped"))}
    return {"vmap-jvp": lambda: build(lambda f: f), "vmap-jvp, graph": lambda: graphed(build(lambda f: f)), **grouped,
            "vmap-jvp, compile + graph": lambda: graphed(build(compiled)), "vmap-jvp, compile": lambda: build(compiled)}


class ResidentVmap(EnsembleVmap):
    """An ensemble whose parameters and velocities keep their memory, as a graph requires."""

    def __init__(self, network, models, compile_):
        super().__init__(network)
        self.gradients, self.outputs = compile_(self.gradients), compile_(self.outputs)
        self.velocity = EnsembleVmap.restart(self, models)

    def restart_in_place(self):
        for p, v, start in zip(self.parameters, self.velocity, self.start):
            p.copy_(start.expand_as(p))
            v.zero_()


class ResidentLoop:
    """One network with its optimizer, updated in place, that trains one model after the other."""

    def __init__(self, options, network, rate):
        self.network = channels_last(network)
        self.start = [p.detach().clone() for p in self.network.parameters()]
        self.optimizer = sgd(options, self.network, rate)

    def step(self, x, q, weights):
        self.optimizer.zero_grad(set_to_none=False)
        weighted_loss(self.network(x), q, weights).backward()
        self.optimizer.step()

    def restart_in_place(self):
        with torch.no_grad():
            for p, start in zip(self.network.parameters(), self.start):
                p.copy_(start)
                self.optimizer.state[p]["momentum_buffer"].zero_()


def online(options, width, models=GROUPS + 1, steps=40, evaluated=1000, channels=1, size=28, kind="convnet"):
    """models − 1 perturbed models and the control: full-batch steps on the synset with a weight per model and image, then logits of all."""
    def network(norm):
        return network_of(options, width, norm, channels, size, kind).eval()

    def data(layout):
        x, y = images(options, channels, size)
        weights = torch.full((models, GROUPS), 1 / GROUPS, device=options.device)
        weights[range(models - 1), range(models - 1)] = 0
        return layout(x[:GROUPS].clone()), F.one_hot(y[:GROUPS], CLASSES).float(), weights, layout(x[-evaluated:].clone())

    def together(compile_, capture):
        x, q, weights, test = data(lambda t: t)
        ensemble = ResidentVmap(network("primitive"), models, compile_)

        def evaluate():
            with torch.no_grad():
                return [ensemble.outputs(ensemble.parameters, part) for part in test.split(GROUPS)]
        step, answer = capture(lambda: ensemble.step(ensemble.velocity, x, q, weights, 0.05, 0.9)), capture(evaluate)

        def work():
            ensemble.restart_in_place()
            for _ in range(steps):
                step()
            answer()
        return work

    def in_turn(capture):
        x, q, all_weights, test = data(channels_last)
        loop, weights = ResidentLoop(options, network("group"), 0.05), torch.zeros(GROUPS, device=options.device)
        loop.step(x, q, weights)

        def evaluate():
            with torch.no_grad():
                return loop.network(test)
        step, answer = capture(lambda: loop.step(x, q, weights)), capture(evaluate)

        def work():
            for model in range(models):
                loop.restart_in_place()
                weights.copy_(all_weights[model])
                for _ in range(steps):
                    step()
                answer()
        return work
    return {"loop, graph, channels-last": lambda: in_turn(graphed), "vmap": lambda: together(lambda f: f, lambda f: f),
            "vmap, graph": lambda: together(lambda f: f, graphed), "vmap, compile + graph": lambda: together(compiled, graphed)}


def retrain(options, models=8, batch=64, width=32):
    """An epoch of all models, each without one group: one batch for all, in which the group's images have weight 0."""
    def build(make_step):
        x, y = images(options, 1, 28)
        q, group = F.one_hot(y, CLASSES).float(), torch.arange(len(x), device=options.device) * GROUPS // len(x)
        kept = torch.stack([group != model for model in range(models)]).float()
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(options.seed)).to(options.device)
        # The last batch is filled with the first images.
        order = torch.cat([order, order[:-len(x) % batch]]).view(-1, batch)
        bx, bq, weights = x[:batch].clone(), q[:batch].clone(), torch.full((models, batch), 1 / batch, device=options.device)
        restart, step = make_step(bx, bq, weights)

        def work():
            restart()
            for rows in order:
                bx.copy_(x[rows])
                bq.copy_(q[rows])
                kept_rows = kept[:, rows]
                weights.copy_(kept_rows / kept_rows.sum(1, keepdim=True))
                step()
        return work

    def together(compile_, capture):
        def make_step(x, q, weights):
            ensemble = ResidentVmap(network_of(options, width, "primitive"), models, compile_)
            return ensemble.restart_in_place, capture(lambda: ensemble.step(ensemble.velocity, x, q, weights, 0.02, 0.9))
        return build(make_step)

    def in_turn(capture):
        def make_step(x, q, weights):
            loops = [ResidentLoop(options, network_of(options, width, "group"), 0.02) for _ in range(models)]

            def step():
                for loop, w in zip(loops, weights):
                    loop.step(x, q, w)

            def restart():
                for loop in loops:
                    loop.restart_in_place()
            step()
            return restart, capture(step)
        return build(make_step)
    return {"loop": lambda: in_turn(lambda f: f), "loop, graph": lambda: in_turn(graphed),
            "vmap, graph": lambda: together(lambda f: f, graphed), "vmap, compile + graph": lambda: together(compiled, graphed)}


def shared(options, kind, **size):
    """The variants of workloads.py, created on this device; each eager and as a graph."""
    def build(variant):
        def made():
            with on(options.device):
                work = workloads.KINDS[kind](options, **size)[variant]()
            return lambda: work(False)
        return made
    names = list(workloads.KINDS[kind](options, **size))
    plain = {name: build(name) for name in names}
    return {**plain, **{f"{name}, graph": lambda make=make: graphed(make()) for name, make in plain.items()}}


def rows(options):
    """name → variants, by the names of `side-by-side`'s rows."""
    yield "train-step-28x28x1", training_step(options, 256, 1, 28)
    yield "train-step-32x32x3", training_step(options, 256, 3, 32)
    yield "train-step-resnet9", training_step(options, 64, 3, 32, 64, "resnet9")
    yield "forward-28x28x1", evaluation(options, 500, 1, 28)
    yield "forward-32x32x3", evaluation(options, 500, 3, 32)
    yield "forward-resnet9", evaluation(options, 500, 3, 32, 64, "resnet9")
    yield "matching-step-32", matching_step(options, 32)
    yield "matching-step-128", matching_step(options, 128)
    yield "matching-step-resnet9", matching_step(options, 32, 3, 32, "resnet9")
    yield "online-32", online(options, 32)
    yield "online-128", online(options, 128)
    yield "online-resnet9", online(options, 32, models=8, steps=10, evaluated=200, channels=3, size=32, kind="resnet9")
    yield "retrain", retrain(options)
    for kind in ("conv-fwd", "conv-bwd-data", "conv-bwd-filter"):
        for channels, size in ((1, 28), (128, 14), (128, 7), (3, 32), (128, 16), (128, 8)):
            yield f"{kind}-{size}x{size}x{channels}", shared(options, kind, batch=256, inputs=channels, outputs=128, size=size)
    for kind in ("gemm", "gemm-bwd-data", "gemm-bwd-weight"):
        yield f"{kind}-1024", shared(options, kind, size=1024)
    yield "instance-norm", shared(options, "instance-norm", batch=256, channels=128, size=28)
    yield "relu-avgpool", shared(options, "relu-avgpool", batch=256, channels=128, size=28)


def timed(work, runs, device):
    if device == "cpu":
        begin = time.perf_counter()
        for _ in range(runs):
            work()
        return (time.perf_counter() - begin) / runs
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(runs):
        work()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3 / runs


def seconds_of(work, device):
    """(median, minimum, maximum) of a run."""
    timed(work, 1, device)
    runs = max(1, min(MOST_RUNS, int(TURN_SECONDS / max(timed(work, 1, device), 1e-6))))
    turns, begin = [], time.perf_counter()
    while len(turns) < LEAST_TURNS or (len(turns) < MOST_TURNS and time.perf_counter() - begin < ROW_SECONDS):
        turns.append(timed(work, runs, device))
    return statistics.median(turns), min(turns), max(turns)


def measured(build, device):
    """The measurement, or the error that this PyTorch raises."""
    begin = time.perf_counter()
    try:
        median, least, most = seconds_of(build(), device)
    except Exception as problem:  # a variant that this PyTorch does not support is reported, and the others continue
        lines = str(problem).splitlines() or [""]
        if device != "cpu":
            torch.cuda.empty_cache()
        return {"error": f"{type(problem).__name__}: {lines[0][:160]}"}
    return {"median_s": median, "min_s": least, "max_s": most, "with_setup_s": time.perf_counter() - begin}


def plan(options):
    """(precision, row, variant, build), starting with those that need no compiler."""
    contains = [[part for part in text.split(",") if part] for text in (options.only, options.variants)]

    def is_wanted(text, parts):
        return not parts or any(part in text for part in parts)
    work = [(precision, name, variant, build)
            for precision in options.precision.split(",") for name, variants in rows(options) if is_wanted(name, contains[0])
            for variant, build in variants.items() if is_wanted(variant, contains[1])]
    return sorted(work, key=lambda one: "compile" in one[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder with train-images-idx3-ubyte(.gz)")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", default="fp32,tf32")
    parser.add_argument("--only", default="", help="rows whose name contains one of these")
    parser.add_argument("--variants", default="", help="variants whose name contains one of these")
    parser.add_argument("--budget", type=float, default=150, help="seconds in total; variants that do not fit are listed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", help="write the times to this file")
    options = parser.parse_args()
    begin = time.perf_counter()
    if options.device != "cpu" and not torch.cuda.is_available():
        sys.exit(f"PyTorch {torch.__version__} sees no GPU")
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    name = "CPU" if options.device == "cpu" else torch.cuda.get_device_name()
    print(f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {name}", flush=True)
    results = []
    for precision, row, variant, build in plan(options):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        is_late = time.perf_counter() - begin > options.budget
        result = {"error": "no time left"} if is_late else measured(build, options.device)
        results.append({"name": row, "precision": precision, "variant": variant, **result})
        text = result["error"] if "error" in result else f"{1e3 * result['median_s']:10.3f} ms  ({result['with_setup_s']:.1f} s)"
        print(f"{row:24} {precision} {variant:32} {text}", flush=True)
        if options.json:
            with open(options.json, "w") as file:
                json.dump({"torch": torch.__version__, "device": name, "rows": results}, file, indent=1)


if __name__ == "__main__":
    main()
