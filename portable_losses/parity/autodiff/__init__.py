"""Values and gradients of a loss on one backend; the only place that imports one."""

import dataclasses
import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from portable_losses._adapters import Facts as Facts
from portable_losses._adapters import facts as facts
from portable_losses._adapters import known as known
from portable_losses.parity.case import Array

LossFunction = Callable[[Any, Any, Any, Any], Any]
"""`f(y_true, y_pred, sample_weight, mask)` returns a tensor."""

BACKENDS = tuple(name for name, of in known().items() if of.default is not None)
"""The backends of a run that names none."""

DEVICES = tuple(dict.fromkeys(d for of in known().values() for d in of.install))
"""The devices for which at least one adapter has an install command."""


@dataclasses.dataclass(frozen=True)
class Result:
    """A value, its gradient with respect to y_pred, and where they were made."""

    value: Array
    gradient: Array | None
    dtype: str
    device: str


class Autodiff(Protocol):
    """The interface of each module of this package."""

    NAME: str
    MODES: tuple[str, ...]
    """How a loss can be run; the first is the one used for most checks."""
    ON_REQUEST: tuple[str, ...]
    """Modes that run only when asked for."""
    INSTALL: dict[str, str]
    """The command that installs the backend for a device."""

    def versions(self) -> dict[str, str]: ...
    def devices(self) -> tuple[str, ...]: ...
    def on(self, device: str) -> AbstractContextManager[Any]: ...
    def strict_matmul(self, strict: bool) -> Callable[[], None] | None:
        """Switch full float32 products on or off.

        Returns what restores the setting before; None if there is no setting.
        """
        ...

    def evaluate(
        self,
        fn: LossFunction,
        mode: str,
        y_true: Array | None,
        y_pred: Array,
        weight: Array | None = None,
        mask: Array | None = None,
    ) -> Result: ...
    def value(
        self,
        fn: LossFunction,
        y_true: Array | None,
        y_pred: Array,
        weight: Array | None = None,
        mask: Array | None = None,
    ) -> Result: ...
    def values(
        self,
        fns: tuple[LossFunction, ...],
        y_true: Array | None,
        y_pred: Array,
        weight: Array | None = None,
    ) -> list[Array]:
        """Many values at one input, compiled together where that is cheaper."""
        ...


def load(backend: str) -> Autodiff:
    """Return the module that differentiates on `backend`.

    Raises:
        LookupError: if there is neither an adapter nor a package of that backend.
    """
    module: Any = importlib.import_module(facts(backend).adapter)
    return module
