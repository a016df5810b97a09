"""How targets are made to fit predictions, or refused."""

from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.classes import like
from portable_losses.core.trial import broadcasts


def align(
    owner: str,
    targets: str,
    axis: int,
    y_true: Any,
    y_pred: Any,
    takes_ids: Callable[[Any, Any], bool] | None = None,
) -> tuple[Any, Any]:
    """Move `axis` to the end, and make targets and predictions fit, or refuse them.

    Floating targets of y_pred's shape get its dtype; others stay as they are.
    `takes_ids` says of `"auto"` whether whole targets that numbers would broadcast are
    class indices to the loss.
    """
    if len(y_pred.shape) == 0:
        rule, remedy = "a tensor with a batch axis", "pass an array of shape (1,)"
        checks.fail(owner, "y_pred", rule, checks.Described("a scalar"), remedy)
    if y_true is None and targets in ("any", "auto"):
        return None, y_pred
    checks.one_tensor(owner, "y_true", y_true)
    y_true = keras.ops.convert_to_tensor(y_true)
    rank, true_rank = len(y_pred.shape), len(y_true.shape)
    if axis not in (-1, rank - 1):
        if not -rank <= axis < rank:
            rule = f"an axis of y_pred, whose shape is {tuple(y_pred.shape)}"
            checks.fail(owner, "axis", rule, axis, "choose an existing axis")
        if true_rank == rank:
            y_true = keras.ops.moveaxis(y_true, axis, -1)
        y_pred = keras.ops.moveaxis(y_pred, axis, -1)
    rows = targets == "classes" and _are_rows(y_true, y_pred)
    if targets == "auto" and _are_same(y_true, y_pred):
        return _align_same(owner, keras.ops.cast(y_true, y_pred.dtype), y_pred)
    if targets == "auto" and broadcasts(tuple(y_true.shape), tuple(y_pred.shape)):
        whole = not keras.backend.is_float_dtype(y_true.dtype)
        if not (whole and takes_ids is not None and takes_ids(y_true, y_pred)):
            remedy = 'nothing is broadcast; @loss(targets="any") looks for itself'
            if whole:
                remedy = f'{remedy}, and targets="ids" takes class indices'
            checks.shapes_fit(
                owner,
                tuple(y_true.shape),
                tuple(y_pred.shape),
                "have y_pred's shape, or that of class ids",
                remedy,
            )
    if targets == "same" or rows:
        if keras.backend.is_float_dtype(y_true.dtype):
            y_true = like(y_true, y_pred)
        return _align_same(owner, y_true, y_pred)
    if targets in ("ids", "classes"):
        return _align_ids(owner, y_true, y_pred), y_pred
    if true_rank == 0 or not checks.same(y_true.shape[:1], y_pred.shape[:1]):
        checks.shapes_fit(
            owner,
            tuple(y_true.shape),
            tuple(y_pred.shape),
            "have y_pred's batch axis",
            "pass one target per sample",
        )
    return y_true, y_pred


def _are_same(y_true: Any, y_pred: Any) -> bool:
    """Whether the shapes are one, or `(B,)` against `(B, 1)`."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    return any(checks.same(*pair) for pair in ((t, p), ((*t, 1), p), (t, (*p, 1))))


def _align_same(owner: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) == len(p) and checks.same(t, p):
        if len(p) == 1:  # (B,) means (B, 1): every sample is an item
            return keras.ops.expand_dims(y_true, -1), keras.ops.expand_dims(y_pred, -1)
        return y_true, y_pred
    if len(p) == len(t) + 1 and p[-1] == 1 and checks.same(t, p[:-1]):
        return keras.ops.expand_dims(y_true, -1), y_pred
    if len(t) == len(p) + 1 and t[-1] == 1 and checks.same(t[:-1], p):
        return y_true, keras.ops.expand_dims(y_pred, -1)
    checks.shapes_fit(
        owner, t, p, "have y_pred's shape", "reshape one of them: nothing is broadcast"
    )


def _are_rows(y_true: Any, y_pred: Any) -> bool:
    """Whether class targets are rows over the classes, and not ids."""
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    return len(t) == len(p) and (t[-1] != 1 or p[-1] == 1)


def _align_ids(owner: str, y_true: Any, y_pred: Any) -> Any:
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) == len(p) and t[-1] == 1 and checks.same(t[:-1], p[:-1]):
        return keras.ops.squeeze(y_true, -1)
    if len(t) == len(p) - 1 and checks.same(t, p[:-1]):
        return y_true
    remedy = "pass one class id per item"
    if len(t) == len(p) and checks.same(t, p):
        remedy = "use the dense form of this loss for one-hot rows, or pass the argmax"
    checks.shapes_fit(
        owner,
        t,
        p,
        "be class ids of shape y_pred.shape[:-1], or with a trailing 1",
        remedy,
    )
