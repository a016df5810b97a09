"""Starts a worker: imports Keras without packages that no loss needs.

    hidden.py PROGRAM NAMES

Then it runs the program. Keras imports scikit-learn and Matplotlib if they are
installed, and on TensorFlow also JAX: this takes a third of the start time of a worker.
They are hidden while Keras is imported, and available to the user's code afterwards.
This file is run as a program, since the package imports Keras before any module of it;
so this file imports only the standard library.
"""

import contextlib
import importlib.abc
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

EXTRAS = ("matplotlib", "orbax", "sklearn")
"""Packages that Keras imports if installed, for wrappers and plots, not for losses."""


class Hidden(importlib.abc.MetaPathFinder):
    """An import hook that raises ModuleNotFoundError for some names."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def main() -> None:
    """Import Keras, and run the program as Python would with `-m`."""
    program, names = sys.argv[1:3]
    del sys.path[0]  # the folder of this file
    hidden = Hidden(frozenset(names.split(",")))
    sys.meta_path.insert(0, hidden)
    with contextlib.suppress(Exception):  # the program says what is wrong with it
        import keras  # noqa: F401 - so that the package finds it
    sys.meta_path.remove(hidden)
    sys.argv[1:] = []
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
