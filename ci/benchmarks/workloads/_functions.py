"""How workloads name functions that are built, and modules imported, when they run."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from benchmarks.workload import Function

POWERS = ("proportional", "squared")
"""What growth is compared with."""

# Peers that need nothing beyond the backend: others are rows of ci/matrix.toml.
ALWAYS_THERE = ("keras", "torch", "tensorflow", "cubic", "formula", *POWERS)


def ours(name: str, **config: Any) -> Callable[[], Function]:
    """Our loss of that name."""
    return lambda: getattr(importlib.import_module("portable_losses"), name)(**config)


def kerass(name: str, **config: Any) -> Callable[[], Function]:
    """Keras's loss of that name."""
    return lambda: getattr(importlib.import_module("keras.losses"), name)(**config)


def using(
    module: str, function: Callable[..., Any], *rest: Any, **config: Any
) -> Callable[[], Function]:
    """`function(module)`, with the module imported when it is built."""
    return lambda: function(importlib.import_module(module), *rest, **config)
