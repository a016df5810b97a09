"""Hinge loss of several classes."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.classification._shared import ClassLoss
from portable_losses.ops.classes import like


class CategoricalHinge(ClassLoss):
    """Categorical hinge loss (multi-class SVM loss, Crammer-Singer loss).

    It penalizes a score of the right class that does not exceed the best score of the
    other classes by 1.

    With y a one-hot label and p the scores, any real numbers, the item is

        w max(0, 1 + max_c (1 - y_c) p_c - sum_c y_c p_c)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest; the argmax of a label is its class. The mean divides by the item
            count.
        ignore_class: labels whose argmax is this class are excluded from the mean.

    Edge cases: the term of the right class in the maximum is 0, so scores of other
    classes below 0 make no difference. Equal best scores share the gradient evenly. A
    margin of exactly 1 costs 0 with gradient 0. Labels of -1 and 1 are accepted, as in
    Keras, and count the scores of the other classes twice.

    Raises:
        ValueError: for a negative weight, weights of the wrong length, or shapes that
            differ.

    Example:
        >>> loss = portable_losses.CategoricalHinge()
        >>> float(loss([[0, 1, 0]], [[0.5, 1.0, 0.25]]))
        0.5

    Reference:
        Crammer and Singer, "On the algorithmic implementation of multiclass
        kernel-based vector machines", Journal of Machine Learning Research 2, 2001.

    Differs: from Keras at a margin of exactly 1, where the gradient of Keras depends on
    the backend, and for shapes that Keras broadcasts, which raise ValueError here; from
    the paper in the 0 in the maximum.
    """

    _class_axis = True

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y = like(y_true, y_pred)
        right = ops.sum(y * y_pred, axis=-1)
        wrong = ops.max((1.0 - y) * y_pred, axis=-1)
        items = ops.relu(1.0 + wrong - right)
        if self.class_weights is None:
            return items
        return self.weighted_by(ops.argmax(y, axis=-1), items, y)
