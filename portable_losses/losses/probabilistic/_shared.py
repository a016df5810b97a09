"""Shared by the probabilistic losses: groups of parameters in y_pred, and scales."""

import itertools
from collections.abc import Callable
from typing import Any

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.ops.classes import like

Sizes = Callable[[int], tuple[int, ...]]
"""The number of columns of each group, for targets with d columns: linear in d."""

FAR_BELOW = -80.0
"""Below this logarithm of a scale, division by the scale may overflow."""


def split_groups(
    owner: object,
    y_true: Any,
    y_pred: Any,
    names: tuple[str, ...],
    sizes: Sizes | None = None,
) -> tuple[Any, ...]:
    """Return y_true, in y_pred's dtype, and one tensor per name.

    The groups are side by side on the last axis of y_pred, the output of one `Dense`.
    Each has as many columns as y_true, unless `sizes` gives other numbers.
    """
    checks.one_tensor(owner, "y_true", y_true)
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    widths = sizes or (lambda d: (d,) * len(names))
    fixed = sum(widths(0))
    each = sum(widths(1)) - fixed
    if len(p) > 1 and p[-1] is not None:
        d, rest = divmod(p[-1] - fixed, each)
        whole = d > 0 and rest == 0
        if whole and checks.same(t, (*p[:-1], d)):
            return like(y_true, y_pred), *_columns_of(y_pred, widths(d))
        if whole and d == 1 and checks.same(t, p[:-1]):
            y_true = ops.expand_dims(like(y_true, y_pred), -1)
            return y_true, *_columns_of(y_pred, widths(d))
    columns = f"{fixed} + {each} d" if fixed else f"{each} d"
    rule = f"have shape (..., d), and y_pred (..., {columns})"
    remedy = f"give y_pred {', '.join(names)} side by side on the last axis"
    checks.reject_shapes(owner, t, p, rule, remedy)


def _columns_of(x: Any, widths: tuple[int, ...]) -> list[Any]:
    """The groups of columns, with static shapes."""
    if len(set(widths)) == 1:
        groups: list[Any] = ops.split(x, len(widths), axis=-1)
        return groups
    ends = itertools.accumulate(widths)
    return [x[..., end - width : end] for width, end in zip(widths, ends, strict=True)]


def divided_by_exp(x: Any, log_scale: Any) -> Any:
    """x exp(-log_scale), and 0 for x = 0, also if 1 / scale overflows."""
    absent = ops.logical_and(x == 0, log_scale < FAR_BELOW)
    return x * ops.exp(-ops.where(absent, 0.0, log_scale))
