"""A reference for a loss without one: its float64 values on the NumPy backend.

Keras allows one backend per process, and the backend of a test may have no float64. So
the values come from another process, which finds the loss by its module and name.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import keras
import numpy as np

from portable_losses.parity import live
from portable_losses.parity.case import Pair
from portable_losses.parity.examine.channel import Ended
from portable_losses.parity.reference import Expected


def references(loss: Any, inputs: Mapping[str, Pair]) -> dict[str, Expected]:
    """Evaluate a loss class, instance or function at labelled inputs.

    Raises:
        ValueError: if another process cannot import the loss, or run it on NumPy.
    """
    try:
        place = live.place_of(loss)
    except live.NotFound as rule:
        name = loss if hasattr(loss, "__qualname__") else type(loss)
        _reject(name.__qualname__, str(rule))
    if not live.has_numpy():
        # JAX is needed whatever the backend here is: Keras's NumPy backend imports it.
        _reject(place.name, "runs on the NumPy backend, for which Keras needs JAX")
    try:
        found: dict[str, Expected] = live.ask(
            "references", "numpy", "references", loss=place, inputs=dict(inputs)
        )
    except (Ended, RuntimeError) as error:
        _reject(place.name, f"runs on the NumPy backend; it said: {error}")
    return found


def _reject(name: str, rule: str) -> NoReturn:
    raise ValueError(
        f"check_loss: `reference` must be given unless the loss {rule}; got "
        f"reference=None for {name} (write the loss's items as a NumPy function of "
        "y_true and y_pred)."
    )


def float64_items(make: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    """The items of a loss in float64, as a reference; on the NumPy backend.

    Terms that the loss has under `stop_gradient` keep their value at `frozen` while the
    finite differences change the prediction.

    Args:
        make: makes the loss, called with `reduction` and `dtype`.
    """
    _keep_float64()
    constants = _Constants()
    by_item = make(reduction=None, dtype="float64")
    mean = make(reduction="sum_over_batch_size", dtype="float64")

    def items(y_true: Any, y_pred: Any, frozen: Any) -> Any:
        with constants.of(frozen, lambda: moved(y_true, frozen)):
            return moved(y_true, y_pred)

    def moved(y_true: Any, y_pred: Any) -> Any:
        found = np.asarray(by_item(y_true, y_pred))
        total, average = float(found.sum()), float(mean(y_true, y_pred))
        if found.ndim == 0 or average == 0 or not np.isfinite(total / average):
            return found
        count = total / average
        if abs(count - found.size) < 0.5:
            return found
        # The loss excludes items from its mean; without reduction they are 0.
        kept = found != 0
        if abs(count - kept.sum()) < 0.5:
            return found, kept
        raise ValueError(
            f"the mean of {found.size} items that sum to {total:.6g} is {average:.6g}"
        )

    return items


class _Constants:
    """What `keras.ops.stop_gradient` returned at one prediction, call by call.

    The NumPy backend has no gradients, and its `stop_gradient` returns its argument.
    Without this class, a change of the prediction would change terms that should be
    constant.
    """

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._at: Any = None

    @contextlib.contextmanager
    def of(self, frozen: Any, evaluate: Callable[[], Any]) -> Iterator[None]:
        """Return in order the values that were kept when `evaluate` ran at `frozen`."""
        core = part_of_backend(keras.ops.stop_gradient, "core")
        original = core.stop_gradient
        try:
            if self._at is not frozen:
                self._kept, self._at = [], frozen
                core.stop_gradient = self._keep
                evaluate()
            again = iter(self._kept)
            core.stop_gradient = lambda x: next(again)
            yield
        finally:
            core.stop_gradient = original

    def _keep(self, x: Any) -> Any:
        self._kept.append(x)
        return x


def _keep_float64() -> None:
    """Keep float64 results in this process, which only computes references.

    Except on TensorFlow, every op of Keras on float64 returns float32. A table in the
    module of `keras.backend.result_type` says so, and this function removes the entry.
    """
    narrowed = keras.backend.result_type.__globals__.get("BIT64_TO_BIT32_DTYPE", {})
    narrowed.pop("float64", None)
    if keras.backend.result_type("float64", "float32") != "float64":
        raise RuntimeError(
            f"Keras {keras.__version__} narrows float64 in a new way: a reference is "
            "needed"
        )
    nn = part_of_backend(keras.ops.binary_crossentropy, "nn")
    if nn.binary_crossentropy is not _binary_crossentropy:
        _CLIPPED.append(nn.binary_crossentropy)
        nn.binary_crossentropy = _binary_crossentropy


def part_of_backend(function: Any, name: str) -> Any:
    """The module of the backend that a function of `keras.ops` calls.

    From Keras 3.16 on, it is one level deeper, in `backend.ops`.
    """
    backend = function.__globals__["backend"]
    within = getattr(backend, "ops", None)
    return getattr(within if hasattr(within, name) else backend, name)


_CLIPPED: list[Callable[..., Any]] = []
"""Keras's function on NumPy: from logits it computes the sigmoid, and clips it."""


def _binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """The value from logits without clipping, as on every other backend."""
    if not from_logits or np.shape(target) != np.shape(output):
        return _CLIPPED[0](target, output)
    x = np.asarray(output)
    return np.logaddexp(0.0, x) - np.asarray(target) * x
