"""Class weights, for every family that has a class axis."""

from collections.abc import Mapping, Sequence
from typing import Any

from portable_losses.core import checks
from portable_losses.core.vectors import as_vector


def weight_vector(
    owner: str,
    class_weights: Sequence[float] | Mapping[int, float] | None,
    num_classes: int,
    dtype: str,
) -> Any | None:
    """Return one weight per class as a tensor, or None."""
    weights = checks.weights_of_classes(owner, class_weights, num_classes)
    return None if weights is None else as_vector(weights, dtype)
