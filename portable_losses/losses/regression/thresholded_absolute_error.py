"""Absolute error with a larger weight beyond a threshold."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.regression._shared import residual


class ThresholdedAbsoluteError(Loss):
    """Thresholded absolute error (absolute error with a penalty on large errors).

    It penalizes residuals by their absolute value, times a factor if they exceed a
    tolerance.

    With r = y_pred - y_true, the item is the mean over the last axis of

        abs(r)             where abs(r) <= threshold
        factor abs(r)      elsewhere

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        threshold: residual, >= 0 and in the units of y, up to which errors are
            tolerated.
        factor: >= 0, by which larger errors are multiplied.

    Edge cases: the gradient of an exact match is 0. The value jumps at the threshold:
    at abs(r) = threshold it is the threshold, just above it is factor times that.

    Raises:
        ValueError: for a negative threshold or factor, or if the shapes differ.

    Example:
        >>> loss = portable_losses.ThresholdedAbsoluteError()
        >>> float(loss([[0.0, 0.0]], [[0.5, -1.0]]))  # (0.5 + 10) / 2
        5.25
    """

    def __init__(
        self,
        *,
        threshold: Number = 0.5,
        factor: Number = 10.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.threshold = arguments.number(self, "threshold", threshold, at_least=0)
        self.factor = arguments.number(self, "factor", factor, at_least=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        size = ops.abs(residual(y_true, y_pred))
        terms = ops.where(size > self.threshold, self.factor * size, size)
        return self.mean_over_columns(terms)
