"""Reads the run folders of `ddm`, and calls `ddm`.

    import ddmnative
    run = ddmnative.load("runs/mine")
    run.answer              # the finding, in sentences
    run.attribution         # [O, G]: effect of every group on every objective
    run.most_harmful(5)     # the groups without which the objective would be better
    run.forget("class=3,cluster=2").tensors

**Sign.** An effect is F(with the group) − F(without the group) in the objective's own unit. For a loss a negative effect means
that the group helps; for accuracy, margin and logit a positive one does.

`ddmnative.torch` takes models from and to PyTorch; it is imported only when it is used, and everything else needs numpy only.
"""

from .command import ddm
from .errors import DdmError, DdmFailed, NoData, NotARun, NotFinished, UnknownFormat
from .groups import Group, Sample
from .run import Run, load

__version__ = "0.1.0"
__all__ = [
    "DdmError", "DdmFailed", "Group", "NoData", "NotARun", "NotFinished", "Run", "Sample", "UnknownFormat", "ddm", "load",
]
