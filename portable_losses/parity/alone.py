"""Hides the backends that a process does not run."""

import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from portable_losses.parity.autodiff import facts, known


class _Hidden(importlib.abc.MetaPathFinder):
    """Finds nothing under the names of other backends, and lets nobody else look."""

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


def hide_other_backends(backend: str) -> None:
    """Let this process find one backend, as for a user who installed no other.

    Keras imports TensorFlow on every backend when it first serializes an object, if it
    is installed: ten seconds of each worker. What is imported already stays.
    """
    own = set(facts(backend).modules)
    modules = {name for of in known().values() for name in of.modules}
    others = frozenset(modules - own - {"numpy"} - set(sys.modules))
    sys.meta_path.insert(0, _Hidden(others))
