"""A run's effects in long form: a row for each method, objective and group."""

import numpy as np


def long_table(run):
    """A dictionary of columns of equal length, the same as `ddm export` writes and with the noise.

    `effect`, `calibrated`, `exact` and `noise` (of `effect`) are in the objective's unit, with minus without; NaN where unknown.
    """
    findings = run.findings
    methods, rows, count = findings.matrices.shape
    a, o, g = (index.ravel() for index in np.indices((methods, rows, count)))
    groups = run.groups
    exact = np.full((rows, count), np.nan) if run.exact is None else run.exact.spread(count)
    calibrated = np.full(findings.matrices.shape, np.nan) if run.calibration is None else run.calibration.fitted
    return {
        "method": np.array(findings.methods)[a],
        "objective": np.array(findings.objectives)[o],
        "group": g.astype(np.int32),
        "name": _text([group.name for group in groups])[g],
        "class": findings.classes[g],
        "class_name": _text([group.class_name for group in groups])[g],
        "cluster": findings.clusters[g],
        "size": findings.sizes[g],
        "effect": findings.matrices.ravel(),
        "noise": findings.noise.ravel(),
        "calibrated": calibrated.ravel(),
        "exact": exact[o, g],
    }


def as_frame(table):
    """The table as a pandas.DataFrame."""
    try:
        import pandas
    except ImportError:
        raise ImportError("run.frame() needs pandas, which is not installed. run.table() gives the same columns as numpy arrays.") from None
    return pandas.DataFrame(table)


def _text(values):
    """Texts as an array of objects, so that None stays None."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
