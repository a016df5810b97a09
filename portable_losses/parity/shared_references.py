"""References that the workers of one run make for each other.

A reference is a function of the case alone. Its derivatives are differences, element by
element, and cost more than torch needs for all checks: the worker that needs one first
writes it down, and the others read it.
"""

import os
import pathlib
import pickle
import urllib.parse
from collections.abc import Callable

from portable_losses.parity.reference import Expected


class SharedReferences:
    """The references of one run, in a file each.

    Args:
        out: the output folder of the run.
    """

    def __init__(self, out: pathlib.Path) -> None:
        self._folder = folder(out)
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, case: str, label: str, compute: Callable[[], Expected]) -> Expected:
        """The reference of a case at labelled inputs, computed if nobody has it yet."""
        # Names of cases and inputs are free text, and may hold what a path may not.
        name = urllib.parse.quote(f"{case}, {label}", safe=" ,=")
        path = self._folder / f"{name}.pickle"
        try:
            # Written by another worker of this run: `remove` has left no others.
            found: Expected = pickle.loads(path.read_bytes())
        except FileNotFoundError:
            found = compute()
            # A file appears whole or not at all. Two may write it, and write the same.
            mine = path.with_suffix(f".{os.getpid()}")
            mine.write_bytes(pickle.dumps(found))
            mine.replace(path)
        return found


def folder(out: pathlib.Path) -> pathlib.Path:
    """Where the references of a run are."""
    return out / "references"


def remove(out: pathlib.Path) -> None:
    """Remove the references of an earlier run, whose cases may have changed since."""
    for path in folder(out).glob("*.pickle"):
        path.unlink()
