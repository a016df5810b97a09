"""Shared by the cases of `Sum` and `Hyperparameter`."""

from typing import Any

import numpy as np

from portable_losses import Hyperparameter
from portable_losses.parity.case import Array


def huber(y_true: Array, y_pred: Array) -> Any:
    """Huber 1964 with delta 0.25."""
    r = np.abs(y_true - y_pred)
    return np.mean(np.where(r <= 0.25, r**2 / 2, 0.25 * (r - 0.25 / 2)), axis=-1)


W = Hyperparameter(0.25, name="w")
