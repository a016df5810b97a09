"""Laplace distributions."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._shared import divided_by_exp, split_groups


class LaplaceNLL(Loss):
    """Laplace negative log-likelihood (absolute error with a scale).

    It penalizes a wrong median and scale by the negative log-likelihood of the targets
    under the predicted Laplace distribution. It is the heteroscedastic form of the
    absolute error.

    With m the predicted median, s the predicted logarithm of the scale and
    r = m - y_true, the item is the mean over the last axis of

        s + abs(r) exp(-s) [+ log(2) with full]

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., 2 d)`: d medians, then d
    log-scales; items are `(B, ...)`. With d = 1 `y_true` may be `(B, ...)`. A mask and
    weights per element have y_true's shape.

    Args:
        full: whether to add the constant log(2).

    Edge cases: an exact match costs s, which has no lower bound, and has gradient 0 in
    m. Any other residual costs inf, by overflow in float32, if s is below about -88.

    Raises:
        ValueError: if y_pred's last axis is not twice y_true's.
        TypeError: if full is not a bool.

    Example:
        >>> loss = portable_losses.LaplaceNLL(full=False)
        >>> float(loss([[1.0]], [[3.0, 0.0]]))
        2.0

    Reference:
        Laplace, "Memoire sur la probabilite des causes par les evenements", 1774. For
        networks: Kendall and Gal, "What uncertainties do we need in Bayesian deep
        learning for computer vision?", NeurIPS 2017, arXiv:1703.04977, section 4.
    """

    targets = "any"
    _groups = 2

    def __init__(self, *, full: bool = True, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.full = arguments.flag(self, "full", full)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = ("mean", "log_scale")
        t, m, s = split_groups(self, y_true, y_pred, names)
        terms = s + ops.abs(divided_by_exp(m - t, s))
        if self.full:
            terms = terms + math.log(2.0)
        return self.mean_over_columns(terms)
