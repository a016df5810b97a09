"""Shared by the regression losses: residuals and the mean over columns."""

from typing import Any

from portable_losses.core import columns
from portable_losses.core.classes import weight_vector
from portable_losses.core.loss import Loss
from portable_losses.ops.classes import like

FAR = 1e9
"""A residual, in scales, whose square does not change if 1 is added, in float64 too."""


def residual(y_true: Any, y_pred: Any) -> Any:
    """y_pred - y_true; integer targets are cast to y_pred's dtype."""
    return y_pred - like(y_true, y_pred)


def mean_over_columns(loss: Loss, terms: Any) -> Any:
    """Mean over the last axis of `terms`, each column times its class weight.

    The mean divides by the number of columns, or of those that a mask keeps.
    """
    owner, weights = type(loss).__name__, loss.class_weights
    if weights is not None:
        vector = weight_vector(owner, weights, terms.shape[-1], terms.dtype)
        terms = terms * vector
    return columns.mean_over_columns(loss, terms)
