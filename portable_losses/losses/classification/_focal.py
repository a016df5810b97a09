"""Shared by the categorical focal losses."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.vectors import as_vector, is_vector
from portable_losses.losses.classification._shared import log_of_clipped
from portable_losses.ops.focusing import focus
from portable_losses.ops.log_sums import INF


def focal(log_p: Any, gamma: Any) -> Any:
    """-(1 - p)^gamma log p, given log p."""
    return -minus_focal(log_p, gamma)


def minus_focal(log_p: Any, gamma: Any) -> Any:
    """(1 - p)^gamma log p; the weight of an infinite log p is 1, a constant."""
    # `focus` takes the absolute value, so p - 1 gives the same weight as 1 - p.
    weight = focus(ops.expm1(log_p), gamma)
    return ops.where(log_p > -INF, weight, 1.0) * log_p


def focal_of_probabilities(p: Any, gamma: Any) -> Any:
    """-(1 - p)^gamma log p, given p, which is clipped as in `log_of_clipped`."""
    epsilon = keras.config.epsilon()
    wrong = 1.0 - ops.clip(p, epsilon, 1.0 - epsilon)
    return -(ops.power(wrong, gamma) * log_of_clipped(p))


def scale_of_classes(
    loss: Any,
    y_pred: Any,
) -> tuple[Any, Any | None]:
    """Alpha times the class weights: a number for all classes, and a vector or None."""
    w = loss.vector_of_weights(y_pred)
    if not is_vector(loss.alpha):
        return loss.alpha, w
    alpha = checks.fit_length(loss, "alpha", loss.alpha, y_pred.shape[-1])
    alpha = as_vector(alpha, y_pred.dtype)
    return 1.0, alpha if w is None else alpha * w
