"""Groups of a run, and the training samples in them (`groups.csv`)."""

import csv
import os
from dataclasses import dataclass
from typing import Optional

from .errors import NotARun


@dataclass(frozen=True)
class Group:
    """One column of the attribution: a group, a class or a sample, by the granularity of the job.

    `number` is its column; `name` your own name of it, None if clustering made it; `class_index` is −1 if it spans several classes.
    """

    number: int
    name: Optional[str]
    class_index: int
    class_name: Optional[str]
    cluster: int
    size: int

    def __str__(self):
        kind = self.class_name or f"class {self.class_index}" if self.class_index >= 0 else "several classes"
        own = f" '{self.name}'" if self.name is not None else f", cluster {self.cluster}"
        return f"group {self.number} ({kind}{own}, {self.size} images)"


@dataclass(frozen=True)
class Sample:
    """A training sample: `row` among the samples in use (the column of samples.npz), `source` in the original training files."""

    row: int
    source: int
    label: int
    group: int
    class_name: Optional[str]
    name: Optional[str]
    file: Optional[str]


def read_samples(folder):
    """All training samples in use, in the order of the run's arrays."""
    path = os.path.join(folder, "groups.csv")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return [
                Sample(row, int(line["sample"]), int(line["label"]), int(line["group"]), line.get("class_name"), line.get("name"),
                       line.get("file"))
                for row, line in enumerate(csv.DictReader(file))
            ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise NotARun(f"{path}: found an unreadable table ({error!r}), expected the csv that ddm wrote.") from None
