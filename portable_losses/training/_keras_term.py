"""A plain `keras.losses.Loss` in a `Sum`: masks, weights, and what is rejected."""

import inspect
from typing import Any

import keras

from portable_losses.core import checks, errors
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.mask import keras_mask
from portable_losses.ops.selects import where


def value_of(
    loss: Any,
    y_true: Any,
    y_pred: Any,
    weight: Any,
    mask: Any,
    context: tuple[Any, ...],
) -> Any:
    """The value of a Keras loss on a batch, without masked items.

    Keras multiplies items that are masked or of weight 0 by 0, so that a NaN stays NaN;
    and it reads a mask from y_pred only. So here the inputs of such items are replaced
    by safe values, `call` of the Keras loss computes the items, and `Loss` reduces
    them.
    """
    owner = type(loss).__name__
    if context:
        count = f"{len(context)} tensor{'s' if len(context) > 1 else ''}"
        remedy = "a loss of Keras takes only y_true and y_pred: give it a LossEndpoint"
        remedy += " of its own, or write it as a Loss"
        shown = errors.Described(count)
        errors.fail(owner, "context", "omitted", shown, remedy, TypeError)
    if mask is None and weight is None:
        return loss(y_true, y_pred)
    if type(loss).__call__ is not keras.losses.Loss.__call__:
        return _of_custom_call(owner, loss, y_true, y_pred, weight, mask)
    try:
        return _Items(loss)(y_true, y_pred, weight, mask)
    except _StatisticError:
        if mask is not None:
            rule = "None for this statistic, which cannot exclude samples"
            shape = tuple(keras.ops.shape(mask))
            shown = errors.Described(f"a mask of shape {shape}")
            remedy = "use a loss of portable_losses with items, or write it as a Loss"
            errors.fail(owner, "mask", rule, shown, remedy + " that takes `kept`")
        return loss(y_true, y_pred, weight)


def _of_custom_call(
    owner: str, loss: Any, y_true: Any, y_pred: Any, weight: Any, mask: Any
) -> Any:
    if mask is None:
        return loss(y_true, y_pred, weight)
    if "mask" in inspect.signature(type(loss).__call__).parameters:
        return loss(y_true, y_pred, weight, mask=mask)
    rule = "None for a loss with a `__call__` of its own, which takes no mask"
    shown = errors.Described(f"a mask of shape {tuple(keras.ops.shape(mask))}")
    remedy = "write it as a Loss with `call`, or pass no mask"
    errors.fail(owner, "mask", rule, shown, remedy)


class _StatisticError(Exception):
    """The loss returns one number for the batch, which only Keras can weight."""


class _Items(Loss):
    """The items of a Keras loss, with its reduction."""

    targets = "any"

    def __init__(self, loss: Any) -> None:
        super().__init__(reduction=loss.reduction, name=loss.name, dtype=loss.dtype)
        self.loss = loss

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        if kept is not None:
            y_true = _with_safe_targets(y_true, kept)
        items = self.loss.call(
            keras.ops.convert_to_tensor(y_true, dtype=self.loss.dtype),
            keras.ops.convert_to_tensor(y_pred, dtype=self.loss.dtype),
        )
        if len(items.shape) == 0:
            raise _StatisticError
        chosen = keras_mask(items)  # a loss with `ignore_class` sets it, for example
        return items if chosen is None else (items, keras.ops.cast(chosen, "bool"))


def _with_safe_targets(y_true: Any, kept: Any) -> Any:
    """Targets with a safe value where they are masked: a class index may be -1."""
    if y_true is None or keras.backend.standardize_dtype(y_true.dtype) == "bool":
        return y_true
    shape = tuple(y_true.shape)
    if not checks.same(tuple(kept.shape), shape[: len(kept.shape)]):
        return y_true
    floating = keras.backend.is_float_dtype(y_true.dtype)
    return where(expand(kept, len(shape)), y_true, 1.0 if floating else 0)
