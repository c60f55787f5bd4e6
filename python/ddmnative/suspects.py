"""`suspects.csv`: training images that are most likely mislabelled."""

import csv
import os
from dataclasses import dataclass
from itertools import dropwhile
from typing import Optional

from .errors import NotARun


@dataclass(frozen=True)
class Suspect:
    """A training image whose label is doubtful: `rank` 1 is the most suspicious; `source` is its index in the original training files.

    `predicted` is the class that the target predicts, with `probability`; None if the file does not say.
    """

    rank: int
    source: int
    label: int
    class_name: Optional[str]
    file: Optional[str]
    score: float
    predicted: Optional[int]
    probability: Optional[float]


def read_suspects(folder):
    """The suspects, the most suspicious first; empty for runs without such a list."""
    path = os.path.join(folder, "suspects.csv")
    if not os.path.exists(path):
        return []
    try:
        with open(path, encoding="utf-8", newline="") as file:
            # A comment above the header says which score it is.
            lines = csv.DictReader(dropwhile(lambda line: line.startswith("#"), file))
            found = [
                Suspect(int(line["rank"]), int(line["sample"]), int(line["label"]), line.get("class_name") or None,
                        line.get("file") or None, float(line["score"]), _known(int, line.get("predicted")),
                        _known(float, line.get("probability")))
                for line in lines
            ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise NotARun(f"{path}: found an unreadable table ({error!r}), expected the csv that ddm wrote.") from None
    return sorted(found, key=lambda suspect: suspect.rank)


def _known(kind, text):
    return kind(text) if text else None
