"""`calibrated.npz`: effects in real units, by a slope per method that exact retrainings gave."""

import numpy as np


class Calibration:
    """Calibrated effects of a run.

    `slopes` [A], NaN for a method that none could be fitted for; `fitted` [A, O, G] = slope · effect; `groups`: those that were retrained
    without. `matrices` and `noise` [A, O, G] are what to show: those of a method without a slope stay in their own unit.
    """

    def __init__(self, arrays, findings):
        self.slopes = arrays["slopes"]
        self.groups = arrays["groups"]
        self.fitted = arrays["matrices"]
        has_slope = np.isfinite(self.slopes)
        self.factors = np.where(has_slope, self.slopes, 1.0)
        self.matrices = np.where(has_slope[:, None, None], self.fitted, findings.matrices)
        stored = arrays.get("noise")
        scaled = findings.noise * np.abs(self.factors)[:, None, None]
        self.noise = scaled if stored is None else np.where(has_slope[:, None, None], stored, findings.noise)


def read_calibration(arrays, findings):
    """The calibration in `arrays`; None if there is none, or it belongs to another attribution than `findings`."""
    if arrays is None or arrays["matrices"].shape != findings.matrices.shape:
        return None
    calibration = Calibration(arrays, findings)
    expected = calibration.slopes[:, None, None] * findings.matrices
    return calibration if np.array_equal(calibration.fitted, expected, equal_nan=True) else None
