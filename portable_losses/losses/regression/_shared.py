"""What the regression losses share: residuals and the mean over columns."""

from typing import Any

from portable_losses import ops
from portable_losses.core.classes import like, weight_vector
from portable_losses.core.loss import Loss


def residual(y_true: Any, y_pred: Any) -> Any:
    """y_pred - y_true, integer targets cast to y_pred's dtype."""
    return y_pred - like(y_true, y_pred)


def mean_over_columns(loss: Loss, terms: Any) -> Any:
    """Mean over the last axis of `terms`, each column times its class weight.

    The divisor stays the number of columns.
    """
    owner, weights = type(loss).__name__, loss.class_weights
    if weights is not None:
        vector = weight_vector(owner, weights, terms.shape[-1], terms.dtype)
        terms = terms * vector
    return ops.mean(terms, axis=-1)
