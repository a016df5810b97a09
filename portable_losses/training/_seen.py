"""The inputs, items and gradient of a loss on a batch, for each term of a sum."""

from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core import checks, errors
from portable_losses.core.axes import leading
from portable_losses.core.loss import Loss
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._gradients import called, still, take_gradients, unreduced
from portable_losses.training._numbers import (
    number,
    tensor,
)
from portable_losses.training.sum import Sum


def look(loss: Any, batch: Batch) -> list[Seen]:
    """Call each term separately, and take the gradients of terms without an error."""
    found = [Seen(*term) for term in _terms(loss)]
    for seen in found:
        try:
            _check(seen.loss, batch)
            seen.value = number(_call(still(seen.loss), batch))
            if batch.size:
                _watch(seen, batch)
        except Exception as error:  # of any kind: the report shows it
            seen.error = error
    take_gradients([seen for seen in found if seen.items is not None], batch)
    return found


def _check(loss: Any, batch: Batch) -> None:
    """Reject inputs that no loss takes, by an error of this package."""
    owner = type(loss).__name__
    checks.one_tensor(owner, "y_pred", batch.y_pred)
    if batch.y_true is None and not isinstance(loss, Loss):
        checks.one_tensor(owner, "y_true", None)
    for name in ("y_true", "y_pred", "sample_weight"):
        x = getattr(batch, name)
        if x is not None and not isinstance(x, dict) and tensor(x) is None:
            kind = f"an array of dtype {x.dtype}" if hasattr(x, "dtype") else "no array"
            shown = errors.Described(kind)
            remedy = "pass an array of numbers, all samples of one shape"
            errors.fail(owner, name, "numbers", shown, remedy, TypeError)
    p = tensor(batch.y_pred)
    if not len(p.shape):
        rule, remedy = "a tensor with a batch axis", "pass an array of shape (1,)"
        errors.fail(owner, "y_pred", rule, errors.Described("a scalar"), remedy)
    if batch.mask is not None:
        leading(owner, "mask", batch.mask, tuple(p.shape), "y_pred")


def items_of(loss: Any, batch: Batch) -> Any:
    """The items of a loss, without a reduction."""
    return _call(unreduced(loss), batch)


def _call(loss: Any, batch: Batch) -> Any:
    return called(loss, batch, batch.y_pred)


def _terms(loss: Any, weight: float = 1.0, path: str = "") -> Iterator[tuple[Any, ...]]:
    if not isinstance(loss, Sum):
        yield path or loss.name, loss, weight
        return
    for name, (factor, term) in loss.terms.items():
        inner = f"{path}/{name}" if path else name
        yield from _terms(term, weight * float(factor), inner)


def _watch(seen: Seen, batch: Batch) -> None:
    """Call the loss, and record the inputs of its `call` and its items."""
    probe = unreduced(seen.loss)

    def note(y_true: Any, y_pred: Any, items: Any) -> None:
        seen.y_true, seen.y_pred = y_true, y_pred
        seen.statistic = len(items.shape) == 0 or (
            isinstance(probe, Loss) and type(probe).is_statistic(probe, y_pred)
        )

    def call(y_true: Any, y_pred: Any) -> Any:  # of a loss of Keras
        items = type(probe).call(probe, y_true, y_pred)
        note(y_true, y_pred, items)
        return items

    ours = isinstance(probe, Loss)
    probe.__dict__.update({"_watched": note} if ours else {"call": call})
    seen.items = keras.ops.stop_gradient(_call(probe, batch))
