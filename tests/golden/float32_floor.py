#!/usr/bin/env python3
"""Reads the goldens back and recomputes them with PyTorch in float32: the error that float32 itself makes, per kind of tensor.

    python3 float32_floor.py

Errors are ||found - stored|| / ||stored|| per tensor (per group for matching); where the stored tensor is zero, relative to all parameters together.
"""
import glob
import os
from collections import OrderedDict

import torch

from derivatives import DISTANCES, directional, gradients, loss_per_sample, matching, moved, norm
from networks import ConvNet, LeNet, Mlp
from safetensors_io import load

worst = {}


def network_of(settings):
    shape = [int(settings[key]) for key in ("channels", "height", "width_px", "classes")]
    if settings["architecture"] == "convnet":
        return ConvNet(*shape, int(settings["width"]), int(settings["depth"]))
    if settings["architecture"] == "mlp":
        return Mlp(*shape, tuple(map(int, settings["hidden"].split(","))))
    return LeNet(*shape)


def part(tensors, prefix, group=None):
    chosen = OrderedDict((n[len(prefix) + 1:], t) for n, t in tensors.items() if n.startswith(prefix + "."))
    return chosen if group is None else OrderedDict((n, t[group]) for n, t in chosen.items())


def compare(file, kind, found, stored, whole=1.0):
    error = ((found - stored).norm() / (stored.norm() if stored.norm() > 0 else whole)).item()
    if not error <= worst.get(kind, (-1.0, ""))[0]:
        worst[kind] = (error, file)


def compare_all(file, kind, found, stored):
    for name in found:
        compare(file, kind, found[name], stored[name], norm(stored.values()))


def main():
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.safetensors"))):
        t, settings = load(path)
        file, network = os.path.basename(path), network_of(settings)
        if "hvp.head.weight" in t:
            inputs = network, part(t, "param"), t["x"], t["q"], t["weights"]
            grad, grad_input = gradients(*inputs)
            hvp, tangent_input, tangent_logits = directional(*inputs, part(t, "direction"))
            logits = network.forward(part(t, "param"), t["x"])
            compare_all(file, "grad", grad, part(t, "grad"))
            compare_all(file, "hvp", hvp, part(t, "hvp"))
            for kind, found in (("logits", logits), ("loss_per_sample", loss_per_sample(logits, t["q"])), ("grad_input", grad_input),
                                ("tangent_input", tangent_input), ("tangent_logits", tangent_logits)):
                compare(file, kind, found, t[kind])
        elif "synset_images" in t:
            m = int(settings["images_per_group"])
            for kind in DISTANCES:
                for g in range(len(t["group_sizes"])):
                    rows = slice(g * m, (g + 1) * m)
                    synset_grad, value, cotangent, by_images, by_labels = matching(
                        network, part(t, "synset_param"), t["synset_images"][rows], t["synset_labels"][rows], part(t, "target_grad", g), kind)
                    compare_all(file, "synset_grad", synset_grad, part(t, "synset_grad", g))
                    compare_all(file, f"cotangent.{kind}", cotangent, part(t, f"cotangent.{kind}", g))
                    compare(file, f"distance.{kind}", value, t[f"distance.{kind}"][g])
                    compare(file, f"grad_images.{kind}", by_images, t[f"grad_images.{kind}"][rows])
                    compare(file, f"grad_labels.{kind}", by_labels, t[f"grad_labels.{kind}"][rows])
        else:
            parameters, velocity, offsets = part(t, "initial"), None, t["batch_offsets"]
            for step, rate in enumerate(t["learning_rates"]):
                rows = t["order"][offsets[step]:offsets[step + 1]]
                q = torch.eye(network.classes)[t["y"][rows]]
                grad, _ = gradients(network, parameters, t["x"][rows], q, torch.full((len(rows),), 1.0 / len(rows)))
                velocity = grad if velocity is None else OrderedDict((n, float(settings["momentum"]) * velocity[n] + grad[n]) for n in grad)
                parameters = moved(parameters, velocity, -rate)
            compare_all(file, "final", parameters, part(t, "final"))
    for kind, (error, file) in sorted(worst.items()):
        print(f"{kind:32} {error:.1e}  {file}")


if __name__ == "__main__":
    main()
