"""A model that has forgotten some groups."""

from dataclasses import dataclass
from typing import Dict

import numpy as np


@dataclass(frozen=True)
class Forgotten:
    """What `ddm unlearn` made.

    `tensors`: the model under PyTorch's names; `metadata`: its architecture, width, depth and the mean and std of its inputs;
    `figures`: accuracies (0 to 1) and losses on the forgotten, kept and test images, and the same before as `…_before`; `path`: the file;
    `target`: the tensors before.
    """

    tensors: Dict[str, np.ndarray]
    metadata: Dict[str, str]
    figures: Dict[str, float]
    path: str
    target: Dict[str, np.ndarray]
