"""`suspects.csv`: training images that are most likely mislabelled."""

import csv
import os
from dataclasses import dataclass
from typing import Optional

from .errors import NotARun


@dataclass(frozen=True)
class Suspect:
    """A training image whose label is doubtful: `rank` 1 is the most suspicious; `source` is its index in the original training files."""

    rank: int
    source: int
    label: int
    class_name: Optional[str]
    file: Optional[str]
    score: float


def read_suspects(folder):
    """The suspects, the most suspicious first; empty for runs without such a list."""
    path = os.path.join(folder, "suspects.csv")
    if not os.path.exists(path):
        return []
    try:
        with open(path, encoding="utf-8", newline="") as file:
            lines = csv.DictReader(line for line in file if not line.startswith("#"))
            found = [
                Suspect(int(line["rank"]), int(line["sample"]), int(line["label"]), line.get("class_name") or None,
                        line.get("file") or None, float(line["score"]))
                for line in lines
            ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise NotARun(f"{path}: found an unreadable table ({error!r}), expected the csv that ddm wrote.") from None
    return sorted(found, key=lambda suspect: suspect.rank)
