"""Quantile (pinball) loss, for one quantile or several at once."""

from collections.abc import Sequence
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.columns import mean_over_columns
from portable_losses.core.loss import Loss
from portable_losses.core.moving import Moving, is_zero, require_of_all
from portable_losses.core.signature import LossArguments, Number
from portable_losses.core.vectors import as_vector, is_vector
from portable_losses.losses.regression._shared import residual


class Quantile(Loss):
    """Pinball loss (quantile loss, check loss).

    It penalizes residuals by their absolute value, with one weight for each sign. It is
    smallest where y_pred is a quantile of y_true.

    With r = y_pred - y_true and q the quantile, the pinball loss is

        rho_q(r) = q abs(r)           where y_pred is too low
                   (1 - q) abs(r)     where it is too high

    For one number q the item is the mean of rho_q over the last axis. For a sequence of
    K quantiles, y_pred has one column for each, p_1 to p_K, and the item is

        mean_k rho_{q_k}(p_k - y) + crossing_penalty mean_k relu(p_k - p_{k+1})

    Shapes: for one number `y_true` and `y_pred` are `(B, ..., C)` and items `(B, ...)`.
    For a sequence `y_pred` is `(B, ..., K)`, `y_true` is `(B, ...)` or `(B, ..., 1)`,
    and items are `(B, ...)`. A mask may exclude columns: then the penalty is the mean
    over the pairs of neighbors that are kept.

    Args:
        quantiles: a number in (0, 1), or an ascending sequence of them. 0.5 is half
            the absolute error. Hyperparameters must be ascending after each
            `assign`: set them in a suitable order.
        crossing_penalty: weight >= 0 of the penalty on columns in the wrong order; for
            a sequence only.

    Edge cases: the gradient of an exact match is 0, and so is that of the penalty where
    two columns are equal.

    Raises:
        ValueError: for quantiles outside (0, 1) or not ascending, a negative
            crossing_penalty or one without a sequence, or shapes that do not fit.

    Example:
        >>> loss = portable_losses.Quantile([0.1, 0.9])
        >>> round(float(loss([[1.0]], [[0.0, 3.0]])), 4)
        0.15

    Reference:
        Koenker and Bassett, "Regression quantiles", Econometrica 46, 1978.
    """

    def __init__(
        self,
        quantiles: Number | Sequence[Number] = 0.5,
        *,
        crossing_penalty: Number = 0.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        owner = type(self).__name__
        self.quantiles = _checked_quantiles(type(self).__name__, quantiles)
        self.crossing_penalty = arguments.number(
            self, "crossing_penalty", crossing_penalty, at_least=0
        )
        if is_vector(self.quantiles) or _is_vector_that_moves(self.quantiles):
            self.targets = "reduced"  # one target for all columns of y_pred
        elif isinstance(crossing_penalty, Moving) or self.crossing_penalty != 0:
            rule = "0 for one quantile, which crosses nothing"
            remedy = "pass a sequence of quantiles"
            errors.fail(owner, "crossing_penalty", rule, self.crossing_penalty, remedy)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        several = is_vector(self.quantiles)
        if several:
            y_true = self._against_columns(y_true, y_pred)
        q = as_vector(self.quantiles, y_pred.dtype)
        r = residual(y_true, y_pred)
        items = mean_over_columns(self, ops.abs(r) * ops.where(r > 0, 1.0 - q, q))
        if not several or q.shape[0] == 1 or is_zero(self.crossing_penalty):
            return items
        crossed = ops.relu(y_pred[..., :-1] - y_pred[..., 1:])
        pairs = None if self._columns is None else self._columns.neighbors()
        penalty = ops.mean(crossed, axis=-1) if pairs is None else pairs.mean(crossed)
        return items + self.crossing_penalty * penalty

    def _against_columns(self, y_true: Any, y_pred: Any) -> Any:
        """y_true as (..., 1), against y_pred as (..., K)."""
        q, columns = self.quantiles, y_pred.shape[-1]
        count = len(q) if isinstance(q, tuple) else q.shape[0]
        if columns != count:
            t, p = tuple(y_true.shape), tuple(y_pred.shape)
            rule = f"have shape (...) or (..., 1), and y_pred (..., {count})"
            remedy = "give y_pred one column per quantile"
            checks.reject_shapes(self, t, p, rule, remedy)
        return ops.expand_dims(y_true, -1)


def _checked_quantiles(owner: str, quantiles: Any) -> Any:
    one = quantiles is None or isinstance(quantiles, bool | int | float | str | Moving)
    one = one or not tuple(getattr(quantiles, "shape", (1,)))
    if one and not _is_vector_that_moves(quantiles):
        return arguments.number(owner, "quantiles", quantiles, above=0, below=1)
    values = arguments.vector(owner, "quantiles", quantiles, above=0, below=1)

    def ascending(order: tuple[float, ...]) -> None:
        if any(a >= b for a, b in zip(order, order[1:], strict=False)):
            remedy = "sort them, and the columns of y_pred alike"
            errors.fail(owner, "quantiles", "ascending", order, remedy)

    require_of_all(owner, "ascending", values, ascending)
    return values


def _is_vector_that_moves(x: Any) -> bool:
    return isinstance(x, Moving) and isinstance(x.value, tuple)
