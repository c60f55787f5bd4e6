"""Calls the program `ddm`."""

import json
import os
import shutil
import subprocess

from .errors import DdmError, DdmFailed


def ddm(*arguments, program=None, **options):
    """Runs `ddm ARGUMENTS --json` and returns its result as a dictionary.

    An option's name has `_` where ddm's has `-`; a list is joined by commas and True is written as `true`:
    ddm("train", run="runs/mine", data="fashion-mnist", train_per_class=100). `program` is the path of ddm, or a list that begins with it;
    without it the environment variable DDM, or `ddm` in PATH. The command's own error is raised as DdmFailed.
    """
    command = [*find(program), *(str(argument) for argument in arguments), *_options(options), "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = {}
    if done.returncode != 0:
        error = result.get("error", {})
        message = error.get("message") or done.stderr.strip() or f"{' '.join(command)} ended with exit code {done.returncode}"
        raise DdmFailed(message, error.get("kind"), done.returncode)
    return result


def find(program=None):
    """The command line that starts ddm, as a list."""
    if program is None:
        program = os.environ.get("DDM") or "ddm"
    if not isinstance(program, (str, os.PathLike)):
        return [str(part) for part in program]
    program = os.fspath(program)
    if program.endswith(".dll") and os.path.isfile(program):
        return ["dotnet", program]
    found = shutil.which(program)
    if found is None:
        raise DdmError(f"found no program '{program}', expected ddm. Put it into PATH, set the environment variable DDM to its path "
                       "(build/ddm of a checkout), or pass ddm=.")
    return [found]


def _options(options):
    found = []
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            # The names of objectives may hold commas.
            value = (";" if name == "objectives" else ",").join(str(entry) for entry in value)
        elif isinstance(value, bool):
            value = "true" if value else "false"
        found.append(f"--{name.replace('_', '-')}={value}")
    return found
