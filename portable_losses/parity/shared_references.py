"""References that the workers of one run share.

A reference depends on the case only. Its derivatives are finite differences, element by
element, and take longer than all checks on PyTorch. So the worker that needs a
reference first writes it to a file, and the others read it.
"""

import os
import pathlib
import pickle
import urllib.parse
from collections.abc import Callable

from portable_losses.parity.reference import Expected


class SharedReferences:
    """The references of one run, each in a file.

    Args:
        out: the output folder of the run.
    """

    def __init__(self, out: pathlib.Path) -> None:
        self._folder = folder(out)
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, case: str, label: str, compute: Callable[[], Expected]) -> Expected:
        """The reference of a case at labelled inputs, computed if there is no file."""
        # Names of cases and inputs are free text, and may hold what a path may not.
        name = urllib.parse.quote(f"{case}, {label}", safe=" ,=")
        path = self._folder / f"{name}.pickle"
        try:
            # Written by another worker of this run: `remove` has left no others.
            found: Expected = pickle.loads(path.read_bytes())
        except FileNotFoundError:
            found = compute()
            # The rename makes the file appear complete or not at all. Two workers may
            # write it; both write the same.
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
