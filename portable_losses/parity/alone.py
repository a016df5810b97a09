"""Hides the backends that a process does not use."""

import sys

from portable_losses.parity.autodiff import facts, known
from portable_losses.parity.hidden import hide


def hide_other_backends(backend: str) -> None:
    """Hide all backends but one, as if no other were installed.

    Keras imports TensorFlow on every backend when it first serializes an object, if
    TensorFlow is installed. That takes ten seconds in each worker. Modules that are
    imported already stay.
    """
    hide(others(backend) - set(sys.modules))


def others(backend: str) -> frozenset[str]:
    """The modules of the other backends, which this process does not need."""
    own = set(facts(backend).modules)
    modules = {name for of in known().values() for name in of.modules}
    return frozenset(modules - own - {"numpy"})
