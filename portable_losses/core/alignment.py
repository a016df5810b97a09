"""Targets are aligned with the predictions, or rejected."""

from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core import checks, errors
from portable_losses.core.inputs import tensor
from portable_losses.core.trial import broadcasts
from portable_losses.ops.classes import like


def align(
    owner: str,
    targets: str,
    whole: bool,
    axis: int,
    y_true: Any,
    y_pred: Any,
    takes_ids: Callable[[Any, Any], bool] | None = None,
    single_column: bool = False,
) -> tuple[Any, Any, bool]:
    """Align targets with predictions, or reject them, and move `axis` to the end.

    As in Keras, a trailing axis of size 1 that only one of the two has is squeezed.
    The exception is `(B,)` against `(B, 1)`: there the tensor of shape `(B,)` gets the
    axis.
    Targets of y_pred's shape are cast to its dtype; if `whole`, integers stay integers.
    With `"auto"`, integer targets whose shape would broadcast against y_pred are
    accepted only if `takes_ids` says that the loss uses them as class indices. With
    `single_column`, a last axis of size 1 holds the probability of class 1, and
    targets may lack it.

    Returns:
        Targets, predictions, and whether one of them was squeezed.
    """
    rank = len(y_pred.shape)
    if rank == 0:
        rule, remedy = "a tensor with a batch axis", "pass an array of shape (1,)"
        errors.fail(owner, "y_pred", rule, errors.Described("a scalar"), remedy)
    if y_true is None and targets in ("any", "auto"):
        return None, y_pred, False
    checks.one_tensor(owner, "y_true", y_true)
    y_true = tensor(owner, "y_true", y_true)
    squeezed = False
    if single_column and targets == "classes":
        y_true, y_pred = _with_column(y_true, y_pred)
        rank = len(y_pred.shape)
    if len(y_true.shape) != rank and targets in ("same", "classes", "auto"):
        forms = targets, single_column
        y_true, y_pred, squeezed = _squeezed(owner, *forms, y_true, y_pred)
        rank = len(y_pred.shape)
    if axis not in (-1, rank - 1):
        if not -rank <= axis < rank:
            rule = f"an axis of y_pred, whose shape is {tuple(y_pred.shape)}"
            errors.fail(owner, "axis", rule, axis, "choose an existing axis")
        if len(y_true.shape) == rank:
            y_true = keras.ops.moveaxis(y_true, axis, -1)
        y_pred = keras.ops.moveaxis(y_pred, axis, -1)
    dense = targets == "classes" and _are_dense(y_true, y_pred)
    if targets == "same" or dense or (targets == "auto" and _are_same(y_true, y_pred)):
        if not whole or keras.backend.is_float_dtype(y_true.dtype):
            y_true = like(y_true, y_pred)
        return *_align_same(owner, y_true, y_pred), squeezed
    if targets == "auto" and broadcasts(tuple(y_true.shape), tuple(y_pred.shape)):
        integer = not keras.backend.is_float_dtype(y_true.dtype)
        if not (integer and takes_ids is not None and takes_ids(y_true, y_pred)):
            remedy = 'nothing is broadcast; @loss(targets="any") checks no shape'
            if integer:
                remedy = f'{remedy}, and targets="ids" takes class indices'
            checks.reject_shapes(
                owner,
                tuple(y_true.shape),
                tuple(y_pred.shape),
                "have y_pred's shape, or that of class indices",
                remedy,
            )
    if targets == "reduced":
        return _align_reduced(owner, like(y_true, y_pred), y_pred), y_pred, False
    if targets in ("ids", "classes"):
        return _align_ids(owner, y_true, y_pred), y_pred, False
    if len(y_true.shape) == 0 or not checks.same(y_true.shape[:1], y_pred.shape[:1]):
        checks.reject_shapes(
            owner,
            tuple(y_true.shape),
            tuple(y_pred.shape),
            "have y_pred's batch axis",
            "pass one target per sample",
        )
    return y_true, y_pred, False


def _with_column(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Labels and predictions, both with the last axis of size 1 that one of them has.

    Integer targets without this axis are not changed: they are class indices, which
    must be 0 or 1.
    """
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(p) == 1 and len(t) == 2 and t[-1] == 1 and checks.same(t[:-1], p):
        return y_true, keras.ops.expand_dims(y_pred, -1)
    if p[-1] == 1 and checks.same(t, p[:-1]):
        if keras.backend.is_float_dtype(y_true.dtype):
            return keras.ops.expand_dims(y_true, -1), y_pred
    return y_true, y_pred


def _squeezed(
    owner: str, targets: str, single_column: bool, y_true: Any, y_pred: Any
) -> tuple[Any, Any, bool]:
    """Squeeze a trailing 1 that only one of them has, and say whether there was one."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) > 1 and p[-1] == 1 and checks.same(t, p[:-1]):
        if targets == "classes" and single_column:
            return y_true, y_pred, False
        if targets == "classes":
            # Ambiguous: indices of the only class, or one-hot labels over the last
            # axis of y_true.
            rule = "have as many axes as y_pred, or y_pred a class axis"
            remedy = "drop the trailing 1 of y_pred"
            checks.reject_shapes(owner, t, p, rule, remedy)
        return y_true, keras.ops.squeeze(y_pred, -1), True
    if len(p) > 1 and t[-1:] == (1,) and checks.same(t[:-1], p):
        return keras.ops.squeeze(y_true, -1), y_pred, True
    return y_true, y_pred, False


def _are_same(y_true: Any, y_pred: Any) -> bool:
    """Whether the shapes are equal, or `(B,)` against `(B, 1)`."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    return any(checks.same(*pair) for pair in ((t, p), ((*t, 1), p), (t, (*p, 1))))


def _align_same(owner: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) == len(p) and checks.same(t, p):
        if len(p) == 1:  # (B,) is (B, 1): every sample is an item
            return keras.ops.expand_dims(y_true, -1), keras.ops.expand_dims(y_pred, -1)
        return y_true, y_pred
    if len(t) == 1 and len(p) == 2 and p[-1] == 1 and checks.same(t, p[:-1]):
        return keras.ops.expand_dims(y_true, -1), y_pred
    if len(p) == 1 and len(t) == 2 and t[-1] == 1 and checks.same(t[:-1], p):
        return y_true, keras.ops.expand_dims(y_pred, -1)
    checks.reject_shapes(
        owner, t, p, "have y_pred's shape", "reshape one of them: nothing is broadcast"
    )


def _are_dense(y_true: Any, y_pred: Any) -> bool:
    """Whether class targets are one-hot or soft labels, and not class indices."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    return len(t) == len(p) and (t[-1] != 1 or p[-1] == 1)


def _align_reduced(owner: str, y_true: Any, y_pred: Any) -> Any:
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(p) > 1 and checks.same(t, p[:-1]):
        return y_true
    if len(p) > 1 and checks.same(t, (*p[:-1], 1)):
        return keras.ops.squeeze(y_true, -1)
    rule = "have y_pred's shape without the last axis, or with a 1 there"
    remedy = "pass one target per item; the last axis of y_pred is that of one item"
    checks.reject_shapes(owner, t, p, rule, remedy)


def _align_ids(owner: str, y_true: Any, y_pred: Any) -> Any:
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) == len(p) and t[-1] == 1 and checks.same(t[:-1], p[:-1]):
        return keras.ops.squeeze(y_true, -1)
    if len(t) == len(p) - 1 and checks.same(t, p[:-1]):
        return y_true
    remedy = "pass one class index per item"
    if len(t) == len(p) and checks.same(t, p):
        remedy = "use the dense form of this loss for one-hot labels"
        remedy += ", or pass the argmax"
    checks.reject_shapes(
        owner,
        t,
        p,
        "be class indices of shape y_pred.shape[:-1], or with a trailing 1",
        remedy,
    )
