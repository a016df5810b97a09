"""Starts a worker: imports Keras without packages that no loss needs.

    hidden.py PROGRAM NAMES

Then it runs the program. Keras imports scikit-learn and Matplotlib if they are
installed, and on TensorFlow also JAX: this takes a third of the start time of a worker.
They are hidden while Keras is imported, and available to the user's code afterwards.
This file is run as a program, since the package imports Keras before any module of it;
so this file imports only the standard library.
"""

import contextlib
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

EXTRAS = ("matplotlib", "orbax", "sklearn")
"""Packages that Keras imports if installed, for wrappers and plots, not for losses."""


class Hidden:
    """A finder of modules that does not find some of them.

    Nothing else is different: other finders would find a hidden module after a hook
    that returns None, and a hook that raises breaks `importlib.util.find_spec`, by
    which PyTorch asks whether a package is installed.

    Args:
        names: the packages to hide.
        finder: an entry of `sys.meta_path`.
    """

    def __init__(self, names: frozenset[str], finder: Any) -> None:
        self.names = names
        self.finder = finder

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in self.names:
            return None
        find: Any = getattr(self.finder, "find_spec", lambda *_: None)
        found: ModuleSpec | None = find(name, path, target)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


def hide(names: frozenset[str]) -> None:
    """Hide packages from all finders, as if they were not installed."""
    sys.meta_path[:] = [Hidden(names, finder) for finder in sys.meta_path]


def show() -> None:
    """Show again what the last `hide` hid."""
    sys.meta_path[:] = [
        finder.finder if isinstance(finder, Hidden) else finder
        for finder in sys.meta_path
    ]


def main() -> None:
    """Import Keras, and run the program as Python would with `-m`."""
    program, names = sys.argv[1:3]
    del sys.path[0]  # the folder of this file
    hide(frozenset(names.split(",")))
    with contextlib.suppress(Exception):  # the program says what is wrong with it
        import keras  # noqa: F401 - so that the package finds it
    show()
    sys.argv[1:] = []
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
