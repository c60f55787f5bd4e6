"""`attribution/misclassified.npz`: test images that the network classifies wrongly, and the training images that made it so."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Misclassified:
    """T wrong test images: `test` [T] (index in the original test files), `label`, `predicted`, `probability` (of the predicted class).

    `effects` [T, N]: what every training image (the rows of `run.samples()`) does to the image's margin, F(with) − F(without) by `method`;
    a negative effect made it wrong.
    """

    test: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray
    effects: np.ndarray
    method: str

    def causes(self, which, count=10):
        """The rows of the training images that lower the margin of wrong image number `which` (0 to T − 1) most."""
        return np.argsort(self.effects[which], kind="stable")[:count]


def read_misclassified(arrays):
    """None for runs that have no such file."""
    if arrays is None:
        return None
    return Misclassified(arrays["test"], arrays["label"], arrays["predicted"], arrays["probability"], arrays["matrix"],
                         str(np.ravel(arrays["method"])[0]))
