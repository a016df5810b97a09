"""The continuous ranked probability score of an ensemble."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments


class EnsembleCRPS(Loss):
    """Ensemble CRPS (fair CRPS, continuous ranked probability score of samples).

    It penalizes the distance of the members of an ensemble from the target, minus half
    of their mean distance from each other. Its expectation is smallest if target and
    members are drawn from the same distribution.

    With x_1 to x_M the members, the item is

        1 / M sum_i abs(x_i - y) - 1 / (2 M (M - 1)) sum_ij abs(x_i - x_j)

    With `fair=False` the second denominator is 2 M^2. This is the score of the
    empirical distribution, which favors a spread that is too small.

    Shapes: `y_pred` is `(B, ..., M)`, `y_true` is `(B, ...)` or `(B, ..., 1)`; items
    are `(B, ...)`.

    Args:
        fair: whether the expected score does not depend on the number of members.

    Edge cases: with one member and fair=False it is the absolute error. The distance of
    two equal members has gradient 0, and so has that of a member that is equal to the
    target. The fair score may be negative. The members are sorted: the time is
    proportional to M log M.

    Raises:
        ValueError: if fair and there is one member only, or if y_true's shape is not
            y_pred's without its last axis.
        TypeError: if fair is not a bool.

    Example:
        >>> loss = portable_losses.EnsembleCRPS()
        >>> float(loss([0.0], [[1.0, 3.0]]))  # (1 + 3) / 2 - 2 / 2
        1.0

    Reference:
        Ferro, "Fair scores for ensemble forecasts", Quarterly Journal of the Royal
        Meteorological Society 140, 2014; the energy form: Gneiting and Raftery,
        "Strictly proper scoring rules, prediction, and estimation", Journal of the
        American Statistical Association 102, 2007, equation 21.
    """

    targets = "reduced"

    def __init__(self, *, fair: bool = True, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.fair = arguments.flag(self, "fair", fair)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        members = y_pred.shape[-1]
        if self.fair and members == 1:
            rule = "of shape (..., M) with M >= 2 members"
            shown = errors.Described(f"a tensor of shape {tuple(y_pred.shape)}")
            remedy = "predict more members, or pass fair=False"
            errors.fail(self, "y_pred", rule, shown, remedy)
        r = y_pred - ops.expand_dims(y_true, -1)
        error = ops.mean(ops.abs(r), axis=-1)
        if members == 1:
            return error
        pairs = members * (members - 1 if self.fair else members)
        return error - _sum_of_differences(r) / pairs


def _sum_of_differences(x: Any) -> Any:
    """Sum of abs(x_i - x_j) over the pairs i < j of the last axis."""
    # For members in ascending order it is sum_k (2 k - M - 1) x_k. It is the mean of
    # two stable sorts, of the members and of the members in reverse order: thus equal
    # members get the mean of their ranks.
    members = x.shape[-1]
    ranks = ops.cast(2 * ops.arange(members) - (members - 1), x.dtype)
    both = ops.stack([x, ops.flip(x, axis=-1)], axis=0)
    order = ops.argsort(ops.stop_gradient(both), axis=-1)
    ordered = ops.take_along_axis(both, order, axis=-1)
    return 0.5 * ops.sum(ops.sum(ranks * ordered, axis=-1), axis=0)
