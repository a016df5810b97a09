"""Hides the backends that a process does not run."""

import sys

from portable_losses.parity.autodiff import facts, known
from portable_losses.parity.hidden import Hidden


def hide_other_backends(backend: str) -> None:
    """Let this process find one backend, as for a user who installed no other.

    Keras imports TensorFlow on every backend when it first serializes an object, if it
    is installed: ten seconds of each worker. What is imported already stays.
    """
    sys.meta_path.insert(0, Hidden(others(backend) - set(sys.modules)))


def others(backend: str) -> frozenset[str]:
    """The modules of the backends that a process of one does not need."""
    own = set(facts(backend).modules)
    modules = {name for of in known().values() for name in of.modules}
    return frozenset(modules - own - {"numpy"})
