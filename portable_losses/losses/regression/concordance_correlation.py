"""Lin's concordance correlation."""

import functools
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.regression._shared import residual


class ConcordanceCorrelation(Loss):
    """Concordance correlation loss (1 - CCC, Lin's coefficient).

    It penalizes predictions that are not correlated with the targets, or that differ
    from them in scale or location.

    With m, v and c the mean, the biased variance and covariance over `axis`,

        1 - 2 c_yp / (v_y + v_p + (m_y - m_p)^2)

    which lies in [0, 2]: 0 for a perfect match, 1 for no correlation.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`. With `axis=0` the loss is a
    statistic for each column, `(..., C)`, over the samples of the batch; with another
    axis items are `(B, ...)`, without that axis.

    Args:
        axis: the axis of the values that are correlated: 0 for the samples of the
            batch, or another one, such as 1 for the steps of `(B, T, C)`.

    Edge cases: if target and prediction are both constant, as for a single sample, the
    loss is 0 if they are equal, else 1, with gradient 0. A constant target costs 1 with
    gradient 0 for every prediction; a constant prediction costs 1 with the gradient of
    the covariance. Masked samples, steps or elements are excluded from the moments, and
    a column in which all are masked is excluded from the mean. The moments are those of
    a batch: on several devices each device uses its part of the batch, and the loss is
    the mean over the devices.

    Raises:
        ValueError: if the shapes differ, if y_pred has no such axis, and for sample
            weights with `axis=0`.

    Example:
        >>> loss = portable_losses.ConcordanceCorrelation()
        >>> t, p = [[1.0], [2.0], [3.0]], [[2.0], [3.0], [4.0]]
        >>> round(float(loss(t, p)), 4)  # 1 - 2 (2 / 3) / (2 / 3 + 2 / 3 + 1)
        0.4286

    Reference:
        Lin, "A concordance correlation coefficient to evaluate reproducibility",
        Biometrics 45, 1989.

    Differs: from torchmetrics, whose moments are unbiased.
    """

    def __init__(self, *, axis: int = 0, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.axis = arguments.integer(self, "axis", axis)

    def is_statistic(self, y_pred: Any) -> bool:
        return self._along(y_pred) == 0

    def _shared_axes(self, y_pred: Any) -> int:
        return max(self._along(y_pred), 1)

    def _along(self, y_pred: Any) -> int:
        """The axis, counted from the first one."""
        shape = tuple(y_pred.shape)
        rank, axis = len(shape), int(self.axis)
        if not -rank <= axis < rank:
            rule = f"an axis of y_pred, whose shape is {shape}"
            errors.fail(self, "axis", rule, axis, "choose an existing axis")
        return axis % rank

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        rank, axis = len(y_pred.shape), self._along(y_pred)
        if kept is not None:
            kept = ops.broadcast_to(expand(kept, rank), ops.shape(y_pred))
        mean = functools.partial(_mean, kept=kept, axis=axis)
        r = residual(y_true, y_pred)
        t, p = (_centered(x, mean) for x in (y_true, y_pred))
        # The loss does not depend on the unit. With this one, numbers are near 1, and
        # their squares neither overflow nor underflow.
        unit = mean(ops.abs(r)) + mean(ops.abs(t)) + mean(ops.abs(p))
        unit = ops.stop_gradient(unit)
        usable = ops.logical_and(unit > 0, unit < float("inf"))
        r, t, p = (x / ops.where(usable, unit, 1.0) for x in (r, t, p))
        spread = mean(ops.square(t)) + mean(ops.square(p)) + ops.square(mean(r))
        # v_y + v_p - 2 c_yp + (m_y - m_p)^2 == mean r^2, exact at a match
        lack = ops.divide(mean(ops.square(r)), spread)
        value = ops.squeeze(lack, axis)
        columns = tuple(range(axis, rank - 1))  # the axes of the items after `axis`
        if kept is None or (axis > 0 and not columns):
            return value
        some = ops.any(kept, axis=axis)
        if axis > 0:
            # A sample without kept elements may have weight 0, and then counts.
            whole = ops.any(some, axis=columns, keepdims=True)
            some = ops.logical_or(some, ops.logical_not(whole))
        return value, some


def _mean(x: Any, kept: Any, axis: int) -> Any:
    """The mean of the kept elements, or 0 without any; `axis` is kept with size 1."""
    if kept is None:
        count = ops.cast(ops.shape(x)[axis], x.dtype)
    else:
        x = ops.where(kept, x, 0.0)
        count = ops.sum(ops.cast(kept, x.dtype), axis=axis, keepdims=True)
    return ops.divide(ops.sum(x, axis=axis, keepdims=True), count)


def _centered(x: Any, mean: Any) -> Any:
    """`x` minus its mean; subtracted twice, as the mean of large numbers is rounded."""
    x = x - mean(x)
    return x - mean(x)
