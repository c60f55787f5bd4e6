"""Effects of whole sources: all groups of one own name (an annotator, a batch), whatever their class."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Total:
    """A name's effect on one objective, as F(with) − F(without) in its unit.

    `by` is "removal" if the name's groups were removed together, and "sum" if their effects were added up. `noise` is NaN if unknown.
    """

    name: str
    size: int
    effect: float
    noise: float
    by: str


def totals_of(findings, method, objective, matrices, noise, factor):
    """A list of Total in the order of the names' first groups; empty if the groups have no names of their own.

    `method` and `objective` are rows; `matrices` and `noise` [A, O, G] are the effects to show, `factor` times those of `findings`.
    """
    if findings.names is None:
        return []
    arrays = findings.arrays
    # Runs of older versions, and names with one group each, have no totals: the effects of the name's groups are added up.
    if arrays.get("totals") is None:
        return [_sum(findings, name, method, objective, matrices, noise) for name in dict.fromkeys(findings.names)]
    found = []
    for t, name in enumerate(arrays["total_name"]):
        added = _sum(findings, str(name), method, objective, matrices, noise)
        own = abs(factor) * float(arrays["total_noise"][method, objective, t])
        found.append(Total(str(name), int(arrays["total_size"][t]), factor * float(arrays["totals"][method, objective, t]),
                           own if np.isfinite(own) else added.noise, str(arrays["total_by"][method])))
    return found


def _sum(findings, name, method, objective, matrices, noise):
    columns = [g for g, other in enumerate(findings.names) if other == name]
    effect = matrices[method, objective, columns].sum()
    # As of independent numbers.
    error = np.sqrt((noise[method, objective, columns] ** 2).sum())
    return Total(name, int(findings.sizes[columns].sum()), float(effect), float(error), "sum")
