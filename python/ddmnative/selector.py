"""What to forget, as arguments of `ddm unlearn`."""

import numbers

from .groups import Group


def arguments(what):
    """Command-line arguments for groups (Group, number) and selectors ("class=3,cluster=2"), one or a list of them."""
    items = [what] if isinstance(what, (str, Group, numbers.Integral)) else list(what)
    numbered = [str(int(item.number if isinstance(item, Group) else item)) for item in items if not isinstance(item, str)]
    described = [item for item in items if isinstance(item, str)]
    if not items:
        raise ValueError("Nothing to forget: give group numbers, groups of run.groups, or selectors like \"class=3,cluster=2\".")
    found = ["--remove", ",".join(numbered)] if numbered else []
    return found + (["--forget", *described] if described else [])
