"""Shared by the probabilistic losses: the groups of parameters in y_pred."""

from typing import Any

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.classes import like


def split_groups(
    owner: object, y_true: Any, y_pred: Any, names: tuple[str, ...]
) -> tuple[Any, ...]:
    """Return y_true, in y_pred's dtype, and one tensor of its shape per name.

    The groups are side by side on the last axis of y_pred, the output of one
    `Dense(len(names) * d)`.
    """
    checks.one_tensor(owner, "y_true", y_true)
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    count = len(names)
    if len(p) > 1 and p[-1] is not None and p[-1] % count == 0:
        whole = (*p[:-1], p[-1] // count)
        if checks.same(t, whole):
            return like(y_true, y_pred), *ops.split(y_pred, count, axis=-1)
        if whole[-1] == 1 and checks.same(t, p[:-1]):
            y_true = ops.expand_dims(like(y_true, y_pred), -1)
            return y_true, *ops.split(y_pred, count, axis=-1)
    rule = f"have shape (..., d), and y_pred (..., {count} d)"
    remedy = f"give y_pred {', '.join(names)} side by side on the last axis"
    checks.shapes_fit(owner, t, p, rule, remedy)
