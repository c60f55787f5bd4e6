"""`validation.npz`: what retraining without a group says."""

from dataclasses import dataclass
from typing import List

import numpy as np


@dataclass(frozen=True)
class Exact:
    """Exact effects of C groups, from networks that were trained again without each of them.

    `groups` [C]; `effects` [O, C], the mean over R seeds, and `by_seed` [R, O, C], both F(with) − F(without) in the objective's unit.
    """

    groups: np.ndarray
    objectives: List[str]
    effects: np.ndarray
    by_seed: np.ndarray
    seeds: np.ndarray

    @property
    def noise(self):
        """[O, C]: the standard error of the mean over seeds; NaN with one seed."""
        count = len(self.by_seed)
        if count < 2:
            return np.full(self.effects.shape, np.nan)
        return self.by_seed.std(axis=0, ddof=1) / np.sqrt(count)

    def spread(self, count):
        """[O, G] with the effects of the C groups in their columns, and NaN in all others."""
        matrix = np.full((len(self.objectives), count), np.nan)
        matrix[:, self.groups] = self.effects
        return matrix


def read_exact(arrays, findings):
    """The exact effects in `arrays`; None if there are none, or they were compared with another attribution than `findings`."""
    if arrays is None:
        return None
    groups, objectives = arrays["groups"], [str(name) for name in arrays["objectives"]]
    methods, predicted = [str(name) for name in arrays["methods"]], arrays["predicted_methods"]
    is_current = methods == findings.methods and objectives == findings.objectives and np.all(groups < findings.matrices.shape[2])
    if not is_current or not np.array_equal(predicted, findings.matrices[:, :, groups], equal_nan=True):
        return None
    return Exact(groups, objectives, arrays["exact"], arrays["exact_seeds"], arrays["seeds"])
