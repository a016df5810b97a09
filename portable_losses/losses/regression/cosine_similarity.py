"""Cosine similarity."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import DType, Reduction
from portable_losses.ops.classes import like


class CosineSimilarity(Loss):
    """Cosine similarity loss (negative cosine).

    It penalizes the angle between target and prediction, by its negative cosine.

    With norms over `axis`, the item is

        -sum_j y_j p_j / (max(norm(y), epsilon) max(norm(p), epsilon))

    where epsilon is Keras's (1e-7): -1 for equal directions, 0 for a right angle, 1 for
    opposite directions.

    Shapes: `y_true` and `y_pred` are `(B, ..., D)`; items are `(B, ...)`. With axis=1
    they are `(B, D, ...)`, and items have the other axes. A mask and sample weights
    have the axes of the items, or the leading ones of them.

    Args:
        axis: the axis that holds the vectors.

    Edge cases: a zero vector, on either side, gives 0 with gradient 0.

    Raises:
        ValueError: if the shapes differ or have no such axis, and for a mask that Keras
            attached to y_pred if it has an entry for each element of a vector.

    Example:
        >>> loss = portable_losses.CosineSimilarity()
        >>> round(float(loss([[3.0, 4.0]], [[4.0, 3.0]])), 4)
        -0.96

    Differs: from Keras at a zero vector, where its gradient is NaN on JAX and torch; in
    reading `(B,)` as B vectors of length 1; and for shapes that Keras broadcasts, which
    raise ValueError here.
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.axis = arguments.integer(type(self).__name__, "axis", axis)

    def feature_axis(self) -> int:
        return self.axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = like(y_true, y_pred)
        dot = ops.sum(t * y_pred, axis=-1)
        # Divided by one norm after the other, since their product could overflow.
        return -dot / _length(t) / _length(y_pred)


def _length(x: Any) -> Any:
    """Norm over the last axis, at least epsilon; infinite for a zero vector."""
    norm = ops.norm(x, axis=-1)
    length = ops.clip(norm, keras.config.epsilon(), None)
    # x / inf has value 0 and gradient 0, while x / epsilon has gradient 1e7.
    return ops.where(norm == 0, float("inf"), length)
