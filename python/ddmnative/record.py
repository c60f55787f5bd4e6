"""`run.json`: the job, the finished stages and the summary of a run."""

import json
import os

from .errors import NotARun, NotFinished, UnknownFormat

FORMAT = 1


def read(folder):
    """The content of a run's `run.json`, whose format has been checked."""
    path = os.path.join(folder, "run.json")
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except FileNotFoundError:
        found = "no run.json" if os.path.isdir(folder) else "no such folder"
        raise NotARun(f"{folder}: found {found}, expected the run folder of a ddm command (--run DIR).") from None
    except (OSError, ValueError) as error:
        raise NotARun(f"{path}: found an unreadable file ({error}), expected JSON that ddm wrote.") from None
    found = record.get("format") if isinstance(record, dict) else None
    if type(found) is not int:
        raise NotARun(f"{path}, format: found {found!r}, expected {FORMAT}. The file is not one that ddm wrote.")
    if found > FORMAT:
        raise UnknownFormat(f"{path}, format: found {found}, expected {FORMAT}. A newer ddm wrote this run: install its ddmnative.")
    return record


def require_finished(folder, record, stage="attribute", command="attribute"):
    """Raises NotFinished if `record` does not list the stage, with the command that finishes it."""
    if not any(entry["name"] == stage for entry in record.get("stages") or []):
        begun = record.get("begun")
        state = f"the stage '{begun}' was interrupted" if begun else "that stage has not run"
        raise NotFinished(f"{folder}: found no finished {stage} ({state}), expected one. Run: ddm {command} --run {folder}")
