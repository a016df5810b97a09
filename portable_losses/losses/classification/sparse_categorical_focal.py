"""Focal cross-entropy of class indices."""

from collections.abc import Sequence
from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._focal import focal, scale_of_classes
from portable_losses.losses.classification._shared import (
    ClassLoss,
    cost_of,
    of_log_probabilities,
)
from portable_losses.ops.classes import (
    Times,
    pick,
    take,
    times,
)


class SparseCategoricalFocalCrossentropy(ClassLoss):
    """Sparse categorical focal cross-entropy (softmax focal loss of class indices).

    It penalizes a low probability of the right class, as cross-entropy of class indices
    does, with less weight on items that are already predicted well.

    With p the class probabilities (the softmax of logits) and y the class index, the
    item is

        -w_y alpha_y (1 - p_y)^gamma log p_y

    With label smoothing it is the item of CategoricalFocalCrossentropy for the smoothed
    one-hot label.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C);
    `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of every class, or a sequence of one per class.
        gamma: exponent >= 0; 0 is sparse categorical cross-entropy times alpha.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        ignore_class: items of this class, such as -1 or 255 for "void", are excluded
            from the mean; it may lie outside [0, C).
        axis: the class axis.
        label_smoothing: in [0, 1]; see CategoricalFocalCrossentropy.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.

    Edge cases: indices are exact in every `dtype`. An index out of range raises
    ValueError in eager mode, and makes the loss NaN in compiled code. Probabilities are
    clipped, and logits may be infinite, as in CategoricalFocalCrossentropy.

    Raises:
        ValueError: for indices that are not whole or out of range, one-hot labels,
            alphas or weights of the wrong length or negative, a negative gamma, or a
            label_smoothing outside [0, 1]; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.SparseCategoricalFocalCrossentropy(from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 6)
        0.043322

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5, with the softmax in place of the sigmoid.

    Differs: from Keras, which has this loss since 3.16 and clips the softmax of logits:
    a logit of -30 against 0 has gradient 0 there. Indices out of range are rejected in
    eager mode.
    """

    targets = "ids"
    prediction_domain = "class probabilities"

    def __init__(
        self,
        alpha: Number | Sequence[float] = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "sparse_categorical_focal_crossentropy",
        dtype: DType = None,
        *,
        label_smoothing: Number = 0.0,
        class_weights: ClassWeights = None,
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
        scale, vector = scale_of_classes(self, y_pred)
        s = self.label_smoothing
        plain = is_zero(s)
        if plain:
            items = focal(-cost_of(y_true, y_pred, self.from_logits), self.gamma)
            items = items if vector is None else times(take(vector, y_true), items)
            return times(scale, items)

        # sum_c t_c f_c with t = (1 - s) one_hot(y) + s / C
        def items_of(log_p: Any, times: Times) -> Any:
            terms = focal(log_p, self.gamma)
            terms = terms if vector is None else times(vector, terms)
            return times(1.0 - s, pick(terms, y_true)) + times(s, ops.mean(terms, -1))

        items = of_log_probabilities(y_pred, self.from_logits, items_of)
        return times(scale, items)
