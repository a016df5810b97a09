"""The reduction of items to one number."""

from typing import Any

import keras

from portable_losses.core.axes import both, expand, leading, squeezed
from portable_losses.core.columns import Columns
from portable_losses.core.errors import Described, fail, name_of
from portable_losses.ops.known import found
from portable_losses.ops.quotients import no_nan
from portable_losses.ops.selects import where

REDUCTIONS = (
    "sum_over_batch_size",
    "mean",
    "sum",
    "mean_with_sample_weight",
    "none",
    None,
)
KERAS_NEVER_SCALES = found(
    "Keras does not scale a loss for the replicas of a distribution",
    "under tf.distribute it must be scaled, and only Keras knows the factor",
    jax="0.10.2",
    torch="2.13.0",
    numpy="2.4.6",
)


class KerasReduction(keras.losses.Loss):
    """Reduces given items by Keras, with the scaling for distribution strategies."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_pred


def reduced(loss: Any, items: Any) -> Any:
    """The items reduced as the loss's `reduction` says; all of them count."""
    if loss.reduction in (None, "none"):
        return items
    if loss.reduction == "sum":
        return keras.ops.sum(items)
    if KERAS_NEVER_SCALES:
        return keras.ops.mean(items)
    return loss._keras_reduction(items, items)


def of_chosen(
    loss: Any,
    items: Any,
    chosen: Any,
    mask: Any,
    weight: Any,
    nonzero: Any,
    columns: Columns | None,
) -> Any:
    """The weighted items that count, reduced; a mean divides by their number."""
    shape = tuple(items.shape)
    counted = chosen
    if mask is not None:
        mask = squeezed(mask, shape)
        if loss._takes_kept and len(mask.shape) > len(shape):
            # `call` has used the mask within items. Here an item is excluded only if
            # the mask excludes all of its elements.
            mask = keras.ops.any(mask, axis=tuple(range(1, len(mask.shape))))
        mask = leading(name_of(loss), "mask", mask, shape, "the items")
        counted = both(mask, chosen)
    if counted is not None:
        counted = expand(counted, len(shape))
    used = counted
    if weight is not None:
        weight = leading(name_of(loss), "sample_weight", weight, shape, "the items")
        weight = expand(weight, len(shape))
        if nonzero is not None:
            used = both(counted, expand(squeezed(nonzero, shape), len(shape)))
    if used is not None:
        # If only the weights exclude items, the weight of an excluded item is 0, and
        # serves as the 0 of the `where`. To create a constant would take a third of the
        # time of the `where`.
        zero = 0.0 if weight is None or counted is not None else weight
        items = where(used, items, zero)
    if weight is not None:
        items = items * weight
    if loss.reduction in (None, "none"):
        return items
    share, weights = (
        (None, None) if columns is None else (columns.share, columns.weights)
    )
    if weight is not None:
        weights = weight if share is None else weight * share
    by_weight = loss.reduction == "mean_with_sample_weight" and weights is not None
    if counted is None and not by_weight:
        return reduced(loss, items)
    total = keras.ops.sum(items)
    if loss.reduction == "sum":
        return total
    if by_weight:
        divisor = weights
    else:
        divisor = keras.ops.cast(counted, items.dtype) if share is None else share
    if counted is not None and (by_weight or share is not None):
        divisor = where(counted, divisor, 0.0)
    divisor = keras.ops.sum(keras.ops.broadcast_to(divisor, keras.ops.shape(items)))
    mean = no_nan(total, divisor)
    return reduced(loss, keras.ops.reshape(mean, (1,)))


def of_statistic(
    loss: Any, value: Any, y_pred: Any, weight: Any, mask: Any, chosen: Any = None
) -> Any:
    """Reduce a statistic: one number per batch, or one per column.

    `chosen` is False for columns that the mean over columns excludes; None keeps all.
    """
    if weight is not None:
        remedy = "reduce with axis=-1 to get one value per sample"
        form = type(loss).per_sample_form
        if form is not None:
            remedy = f"use {form}, which has one value per sample"
        rule = "None for a statistic, one number for the whole batch"
        shown = Described(f"weights of shape {tuple(weight.shape)}")
        fail(loss, "sample_weight", rule, shown, remedy)
    if mask is not None and not loss._takes_kept:
        rule = "None for this statistic, which cannot exclude samples"
        shown = Described(f"a mask of shape {tuple(mask.shape)}")
        remedy = "reduce with axis=-1 to get one value per sample"
        remedy += ", or give `call` a `kept` argument"
        fail(loss, "mask", rule, shown, remedy)
    if loss.reduction in (None, "none"):
        if len(value.shape) == 0:
            value = keras.ops.broadcast_to(value, keras.ops.shape(y_pred)[:1])
        return result(loss, value)
    if chosen is not None and len(chosen.shape) == len(value.shape):
        value = keras.ops.sum(where(chosen, value, 0.0))
        if loss.reduction != "sum":
            number = keras.ops.sum(keras.ops.cast(chosen, value.dtype))
            value = no_nan(value, number)
    # A tensor of one item, not a scalar: for tf.distribute Keras scales items only.
    return result(loss, reduced(loss, keras.ops.reshape(value, (-1,))))


def result(loss: Any, value: Any) -> Any:
    """The value, cast to the dtype that the loss returns."""
    if keras.backend.standardize_dtype(value.dtype) == loss._result_dtype:
        return value
    return keras.ops.cast(value, loss._result_dtype)
