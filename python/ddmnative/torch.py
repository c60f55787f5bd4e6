"""Models and features from PyTorch to ddm and back. Only this module needs torch.

    import ddmnative.torch as interop
    interop.save(network, "model.safetensors", mean=0.286, std=0.353)
    ddmnative.ddm("train", run="runs/theirs", data="fashion-mnist", target="model.safetensors")
    ddmnative.ddm("attribute", run="runs/theirs")
    run = ddmnative.load("runs/theirs")
    interop.load(network, run.forget("class=3,cluster=2"))
"""

import numpy as np
import torch

from . import safetensors
from .features import FeatureFile
from .forgotten import Forgotten
from .pairing import pair

# Counters of batch norms, which no computation reads.
_COUNTER = "num_batches_tracked"


def save(module, path, mean=None, std=None):
    """Writes a module's state_dict for `ddm train --target PATH`.

    `mean` and `std` normalise the images of its training, pixels from 0 to 1: one number, or one per channel. Without them ddm takes the
    values that it measures on its training images. The module's architecture must be one of docs/networks.md.
    """
    if (mean is None) != (std is None):
        raise ValueError("mean and std belong together: give both or neither")
    state = {name: _floats(tensor) for name, tensor in module.state_dict().items() if not name.endswith(_COUNTER)}
    broken = [name for name, values in state.items() if not np.isfinite(values).all()]
    if broken:
        raise ValueError(f"{', '.join(broken)}: found values that are not finite, expected a trained model")
    safetensors.write(path, state, {} if mean is None else {"mean": _joined(mean), "std": _joined(std)})


def load(module, model, names=None):
    """Puts a model of ddm into a module of the same architecture, in place; returns the module.

    `model`: what `run.forget` returned, the tensors of `run.target`, or the path of a safetensors file. Tensors are paired by name if the
    names are equal; otherwise by the values of the target, if the module holds them still (a module that `save` wrote does); otherwise in
    order, by shape. `names` pairs them explicitly: {"the module's name": "ddm's name"}. Raises ValueError if they do not fit.
    """
    tensors, before = _tensors_of(model)
    state = module.state_dict()
    own = {name: _floats(tensor) for name, tensor in state.items() if not name.endswith(_COUNTER)}
    pairs = pair(own, tensors, before, names)
    module.load_state_dict({name: torch.from_numpy(np.array(tensors[pairs[name]])) if name in pairs else tensor
                            for name, tensor in state.items()})
    return module


def save_features(module, train, test, path, layer=None, float16=False, device="cpu"):
    """Writes the features of any model for `ddm attribute --data PATH`, batch by batch.

    `train` and `test` are DataLoaders of (images, labels), not shuffled: a row's number is the image's. The features are the flattened
    input of `layer`, by default of the last torch.nn.Linear.
    """
    with FeatureFile(path, float16) as file:
        for suffix, loader in (("", train), ("_test", test)):
            file.write(suffix, len(loader.dataset), penultimate(module, loader, layer, device))


def penultimate(module, loader, layer=None, device="cpu"):
    """Yields (features [n, D], labels [n]) of every batch as arrays; features are the flattened input of `layer`, as above."""
    layer = layer or [part for part in module.modules() if isinstance(part, torch.nn.Linear)][-1]
    caught = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0].flatten(1)))
    module.eval().to(device)
    try:
        with torch.no_grad():
            for images, labels in loader:
                module(images.to(device))
                yield caught.pop().float().cpu().numpy(), labels.numpy()
    finally:
        hook.remove()


def _tensors_of(model):
    """(tensors, the target's tensors or None)."""
    if isinstance(model, Forgotten):
        return model.tensors, model.target
    if isinstance(model, dict):
        return model, None
    return safetensors.read(model)[0], None


def _floats(tensor):
    return tensor.detach().cpu().float().numpy()


def _joined(values):
    return ",".join(repr(float(value)) for value in np.ravel(values))
