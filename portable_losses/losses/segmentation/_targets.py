"""The forms of segmentation targets: one-hot or soft labels, or a map of indices."""

from typing import Any, NamedTuple

import keras

from portable_losses import ops
from portable_losses.core import checks, errors
from portable_losses.core.axes import both
from portable_losses.ops.classes import like, valid_ids


class Target(NamedTuple):
    """A target with the classes on the last axis.

    Args:
        dense: one-hot or soft labels, `(B, *space, C)`; None for a map of indices.
        ids: the map of class indices, `(B, *space)`; None for one-hot or soft labels.
        wanted: False for pixels of the ignored class, `(B, *space)`; None for none.
        broken: NaN for a sample with a class index out of range, else 0, `(B, 1)`; None
            for one-hot or soft labels. In eager mode such an index raises ValueError.
    """

    dense: Any | None
    ids: Any | None
    wanted: Any | None
    broken: Any | None


def read_target(
    owner: str, y_true: Any, y_pred: Any, kept: Any | None, ignore_class: int | None
) -> Target:
    """Return the target in any of its forms; reject one whose shape does not fit."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(p) < 3:
        rule, remedy = "of shape (B, *space, C)", "add the spatial or class axes"
        shown = errors.Described(f"an array of shape {p}")
        errors.fail(owner, "y_pred", rule, shown, remedy)
    if p[-1] == 1 and checks.same(t, p[:-1]):
        # With one class y_true is the mask of that class, not a map of class indices.
        y_true, t = ops.expand_dims(y_true, -1), p
    if checks.same(t, p):
        wanted = None if ignore_class is None else _not_ignored(y_true, ignore_class)
        return Target(like(y_true, y_pred), None, wanted, None)
    if checks.same(t, (*p[:-1], 1)):
        y_true = ops.squeeze(y_true, -1)
    elif not checks.same(t, p[:-1]):
        rule = "be one-hot or soft labels of y_pred's shape, or class indices"
        rule += " with a 1 or nothing for C"
        remedy = "C is the last axis here, which data_format puts first or last"
        checks.reject_shapes(owner, t, p, rule, remedy)
    return _from_ids(owner, y_true, y_pred, kept, ignore_class)


def _not_ignored(labels: Any, ignore_class: int) -> Any:
    if labels.shape[-1] == 1:
        return ops.squeeze(labels, -1) != ignore_class
    return ops.argmax(labels, axis=-1) != ignore_class


def _from_ids(
    owner: str, ids: Any, y_pred: Any, kept: Any | None, ignore_class: int | None
) -> Target:
    classes = y_pred.shape[-1]
    wanted = None if ignore_class is None else ids != ignore_class
    used = both(fitted(kept, ids), wanted)
    if keras.backend.is_float_dtype(ids.dtype):
        checks.whole_ids(owner, ids, used)
    if keras.backend.standardize_dtype(ids.dtype) not in ("int32", "int64"):
        ids = ops.cast(ids, "int32")
    checks.ids_in_range(owner, ids, classes, used)
    valid = valid_ids(ids, classes)
    if used is not None:
        valid = ops.logical_or(valid, ops.logical_not(used))
    valid = ops.all(valid, axis=tuple(range(1, len(ids.shape))))
    nan = ops.cast(float("nan"), y_pred.dtype)
    broken = ops.expand_dims(ops.where(valid, ops.zeros_like(nan), nan), -1)
    return Target(None, ids, wanted, broken)


def one_hot(ids: Any, classes: int) -> Any:
    """True at the class of each pixel, nowhere for an index out of range."""
    return ops.expand_dims(ids, -1) == ops.arange(classes, dtype=ids.dtype)


def fitted(kept: Any | None, x: Any) -> Any | None:
    """`kept` with the rank of `x`: axes of size 1 are appended or reduced."""
    if kept is None:
        return None
    missing = len(x.shape) - len(kept.shape)
    if missing < 0:
        return ops.any(kept, axis=-1)
    return ops.expand_dims(kept, tuple(range(-missing, 0))) if missing else kept
