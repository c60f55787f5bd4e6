"""Effects of whole sources: all groups of one own name (an annotator, a batch), whatever their class."""

from dataclasses import dataclass, replace

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


def totals_of(findings, method, objective, harm_first, slope):
    """A list of Total, the most harmful first; empty if the groups have no names of their own.

    `method` and `objective` are rows of `findings.matrices`; `harm_first` is the sign that makes an effect a harm;
    `slope` calibrates the effects, 1 if there is no calibration.
    """
    if findings.names is None:
        return []
    arrays = findings.arrays
    if arrays.get("totals") is None:
        found = _sums(findings, method, objective)
    else:
        noise = arrays.get("total_noise")
        found = [
            Total(str(name), int(arrays["total_size"][t]), float(arrays["totals"][method, objective, t]),
                  np.nan if noise is None else float(noise[method, objective, t]), str(arrays["total_by"][method]))
            for t, name in enumerate(arrays["total_name"])
        ]
    found = [replace(total, effect=slope * total.effect, noise=abs(slope) * total.noise) for total in found]
    return sorted(found, key=lambda total: (-harm_first * total.effect, total.name))


def _sums(findings, method, objective):
    """For runs of older versions, which have no totals: the effects of the name's groups added up."""
    found = []
    for name in dict.fromkeys(findings.names):
        columns = [g for g, other in enumerate(findings.names) if other == name]
        effect = findings.matrices[method, objective, columns].sum()
        noise = np.sqrt((findings.noise[method, objective, columns] ** 2).sum())
        found.append(Total(name, int(findings.sizes[columns].sum()), float(effect), float(noise), "sum"))
    return found
