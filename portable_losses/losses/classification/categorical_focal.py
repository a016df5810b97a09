"""Focal cross-entropy of one-hot or soft labels."""

from collections.abc import Sequence
from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._focal import (
    focal_of_probabilities,
    minus_focal,
    scale_of_classes,
)
from portable_losses.losses.classification._shared import (
    ClassLoss,
    normalized,
    smoothed,
)
from portable_losses.ops.classes import (
    Times,
    like,
    of_log_softmax,
    times,
)


class CategoricalFocalCrossentropy(ClassLoss):
    """Categorical focal cross-entropy (softmax focal loss).

    It penalizes a low probability of the right class, as cross-entropy of one-hot or
    soft labels does, with less weight on classes that are already predicted well.

    With p the class probabilities (the softmax of logits) and t the smoothed label, the
    item is

        -sum_c w_c alpha_c (1 - p_c)^gamma t_c log p_c

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of every class, or a sequence of one per class.
        gamma: exponent >= 0; 0 is categorical cross-entropy times alpha.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / C.
        axis: the class axis.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: labels whose argmax is this class are excluded from the mean.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so a
    wrong 0 costs alpha * 16.118 and has gradient 0, and so do probabilities that are
    all 0. Prefer logits, which may be infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for a negative alpha, gamma or weight, alphas or weights of the
            wrong length, a label_smoothing outside [0, 1], or shapes that differ; and,
            see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.CategoricalFocalCrossentropy(from_logits=True)
        >>> round(float(loss([[0, 1]], [[0.0, 0.0]])), 6)
        0.043322

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5, with the softmax in place of the sigmoid.

    Differs: from Keras, which clips the softmax of logits: at logits (-30, 0, 0) class
    0 has gradient 0 there.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        alpha: Number | Sequence[float] = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.alpha = arguments.number_or_vector(self, "alpha", alpha, at_least=0)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)
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
        scale, vector = scale_of_classes(self, y_pred)
        t = t if vector is None else t * vector

        def items_of(log_p: Any, times: Times) -> Any:
            return -ops.sum(times(t, minus_focal(log_p, self.gamma)), axis=-1)

        if self.from_logits:
            items = of_log_softmax(y_pred, items_of)
        else:
            costs = focal_of_probabilities(normalized(y_pred), self.gamma)
            items = ops.sum(t * costs, axis=-1)
        return times(scale, items)
