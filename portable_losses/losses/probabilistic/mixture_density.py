"""Mixtures of normal distributions."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.probabilistic._shared import FAR_BELOW, split_groups

FAR = 1e18
"""A distance in standard deviations whose square does not overflow in float32."""


class MixtureDensity(Loss):
    """Mixture density network loss (MDN, Gaussian mixture negative log-likelihood).

    It penalizes a wrong distribution by the negative log-likelihood of the targets
    under the predicted mixture of normal distributions. It is for targets with several
    likely values.

    With w the softmax of K logits, m_k and s_k the mean and the log-scale of component
    k, vectors of length d, and z_k = (y_true - m_k) exp(-s_k), the item is

        -log sum_k w_k exp(-sum_j (z_kj^2 / 2 + s_kj + log(2 pi) / 2))

    that is, minus the logarithm of the joint density of the d columns, with a diagonal
    covariance in each component.

    Shapes: `y_true` is `(B, ..., d)`, `y_pred` is `(B, ..., K + 2 K d)`: K logits, then
    K means and K log-scales of d columns each, component by component; items are
    `(B, ...)`. With d = 1 `y_true` may be `(B, ...)`.

    Args:
        components: K >= 1.

    Edge cases: one component is GaussianNLL(full=True) times d, with log-variance 2 s.
    A target far from all components has a nonzero gradient up to 1e18 standard
    deviations. A logit of -inf gives its component the weight 0; one of inf does so to
    all others. A scale below exp(-80) counts as that in z.

    Raises:
        ValueError: if components is not >= 1, or if y_pred's last axis is not
            K + 2 K d.
        TypeError: if components is not a whole number.

    Example:
        >>> loss = portable_losses.MixtureDensity(2)
        >>> round(float(loss([[0.0]], [[0.0, 0.0, -1.0, 1.0, 0.0, 0.0]])), 4)
        1.4189

    Reference:
        Bishop, "Mixture density networks", Aston University report NCRG/94/004, 1994.

    Differs: from the other losses of this family, whose items are means over d columns.
    Under a mixture the columns are not independent, so the item is not divided by d.
    """

    targets = "any"

    def __init__(self, components: int, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)
        self.components = arguments.integer(self, "components", components, at_least=1)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        k, names = self.components, ("logits", "means", "log_scales")
        t, logits, means, log_scales = split_groups(
            self, y_true, y_pred, names, lambda d: (k, k * d, k * d)
        )
        d = means.shape[-1] // k
        shape = (*ops.shape(logits), d)
        m, s = ops.reshape(means, shape), ops.reshape(log_scales, shape)
        z = (ops.expand_dims(t, -2) - m) * ops.exp(-ops.clip(s, FAR_BELOW, None))
        terms = 0.5 * ops.square(ops.clip(z, -FAR, FAR)) + s
        log_density = -ops.sum(terms, axis=-1) - 0.5 * d * math.log(2.0 * math.pi)
        joint = ops.log_softmax(logits, axis=-1) + log_density
        return -ops.logsumexp(joint, axis=-1)
