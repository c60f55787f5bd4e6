"""`attribution.npz`: what the methods of a run predict."""

import numpy as np


class Findings:
    """The effects of every group on every objective by every method, and what is known about them.

    `methods` [A], `objectives` [O]; `matrices` [A, O, G]: F(with) − F(without) in the objective's unit; `noise` [A, O, G]: the effect
    that chance alone gives, NaN where unknown; `target_value` [O]: F of the target itself, NaN where unknown.
    """

    def __init__(self, arrays):
        self.methods = [str(name) for name in arrays["methods"]]
        self.objectives = [str(name) for name in arrays["objectives"]]
        self.matrices = arrays["matrices"]
        noise, value = arrays.get("noise"), arrays.get("target_value")
        self.noise = np.full(self.matrices.shape, np.nan) if noise is None else noise
        self.target_value = np.full(len(self.objectives), np.nan) if value is None else value
        self.classes = arrays["group_class"]
        self.clusters = arrays["group_cluster"]
        self.sizes = arrays["group_size"]
        self.names = _texts(arrays.get("group_name"))
        self.class_names = _texts(arrays.get("class_names"))
        self.arrays = arrays

    def index(self, method):
        """The row of `matrices` of a method; of the first for None."""
        return 0 if method is None else place(self.methods, method, "method")

    def objective(self, name):
        """The row of an objective; the first for None."""
        return 0 if name is None else place(self.objectives, name, "objective")


def place(names, name, kind):
    """The position of a name in a list; a KeyError that lists what there is if it is not there."""
    if name not in names:
        raise KeyError(f"{kind} '{name}' is not in this run, which has {', '.join(names)}")
    return names.index(name)


def _texts(array):
    return None if array is None else [str(text) for text in array]
