"""Cross-entropy of one-hot or soft labels."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._shared import (
    ClassLoss,
    log_of_clipped,
    normalized,
    smoothed,
)
from portable_losses.ops.classes import crossentropy_of_labels, like


class CategoricalCrossentropy(ClassLoss):
    """Categorical cross-entropy (softmax loss, log loss of one-hot or soft labels).

    It penalizes a low probability of the right class, by the negative log-likelihood of
    one-hot or soft labels.

    With p the class probabilities (the softmax of logits) and t the smoothed label, the
    item is

        -sum_c w_c t_c log p_c

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / C.
        axis: the class axis.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: labels whose argmax is this class are excluded from the mean.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so a
    wrong 0 costs 16.118 and has gradient 0, and so do probabilities that are all 0.
    Prefer logits. A logit of -inf, which a mask may cause, costs 0 with gradient 0
    where t = 0, and costs inf at any other t, also at a smoothed t. A logit of inf
    means p = 1, shared evenly if an item has several: the item costs inf unless t = 0
    for all other classes, and has gradient 0. An item whose logits are all -inf costs
    inf, with gradient 0. No gradient is NaN.

    Raises:
        ValueError: for a label_smoothing outside [0, 1], a negative weight, weights of
            the wrong length, or shapes that differ; and, see `Loss`, for logits in
            place of probabilities.

    Example:
        >>> loss = portable_losses.CategoricalCrossentropy(from_logits=True)
        >>> round(float(loss([[0.0, 1.0]], [[0.0, 0.0]])), 4)
        0.6931

    Differs: from Keras on TensorFlow, whose gradient from logits is wrong for labels
    that do not sum to 1.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = smoothed(like(y_true, y_pred), self.label_smoothing, y_pred.shape[-1])
        t = self.weighted(t)

        if self.from_logits:
            return crossentropy_of_labels(y_pred, t)
        return -ops.sum(t * log_of_clipped(normalized(y_pred)), axis=-1)
