"""Which tensor of ddm belongs to which tensor of a module."""

from collections import defaultdict

import numpy as np


def pair(own, theirs, before=None, names=None):
    """{the module's name: ddm's name} for all tensors.

    `own`: the module's arrays, `theirs`: ddm's, both float32 by name. `before`: the target's arrays under ddm's names, or None. `names`: a
    given pairing, or None. Raises ValueError if a tensor has no partner of its shape.
    """
    if names is None:
        names = {name: name for name in own} if own.keys() == theirs.keys() else _by_value(own, before) or _in_order(own, theirs)
    names = {name: other for name, other in names.items() if other is not None}
    faults = [f"{name} {own[name].shape} and {other} {theirs[other].shape}" for name, other in names.items()
              if name in own and other in theirs and own[name].shape != theirs[other].shape]
    unpaired = sorted(own.keys() - names.keys()) + sorted(theirs.keys() - set(names.values()))
    unknown = sorted(names.keys() - own.keys()) + sorted(set(names.values()) - theirs.keys())
    if faults or unpaired or unknown:
        parts = [f"different shapes: {', '.join(faults)}"] * bool(faults) + [f"without a partner: {', '.join(unpaired)}"] * bool(unpaired)
        raise ValueError("The module does not fit the model: " + "; ".join(parts + [f"unknown: {', '.join(unknown)}"] * bool(unknown)))
    return names


def _by_value(own, before):
    """The pairing of tensors with identical values; None if the module is not the target. Equal ones are paired in order."""
    if before is None or len(own) != len(before):
        return None
    places = defaultdict(list)
    for name, values in before.items():
        places[_bits(values)].append(name)
    names = {name: places[_bits(values)].pop(0) if places[_bits(values)] else None for name, values in own.items()}
    return None if None in names.values() else names


def _in_order(own, theirs):
    return dict(zip(own, theirs)) if len(own) == len(theirs) else {name: name for name in own if name in theirs}


def _bits(values):
    array = np.ascontiguousarray(values, "<f4")
    return np.shape(values), array.tobytes()
