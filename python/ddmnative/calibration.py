"""`calibrated.npz`: effects in real units, by a slope per method that exact retrainings gave."""

import numpy as np


class Calibration:
    """`slopes` [A], `matrices` [A, O, G] = slope · effect, and `noise` [A, O, G] in the same units (NaN where unknown)."""

    def __init__(self, arrays, findings):
        self.slopes = arrays["slopes"]
        self.groups = arrays["groups"]
        self.matrices = arrays["matrices"]
        noise = arrays.get("noise")
        self.noise = findings.noise * np.abs(self.slopes)[:, None, None] if noise is None else noise


def read_calibration(arrays, findings):
    """The calibration in `arrays`; None if there is none, or it belongs to another attribution than `findings`."""
    if arrays is None or arrays["matrices"].shape != findings.matrices.shape:
        return None
    calibration = Calibration(arrays, findings)
    expected = calibration.slopes[:, None, None] * findings.matrices
    return calibration if np.array_equal(calibration.matrices, expected, equal_nan=True) else None
