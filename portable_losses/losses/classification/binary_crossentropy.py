"""Binary cross-entropy."""

from collections.abc import Sequence
from typing import Any

from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._binary import (
    binary_crossentropy,
    binary_targets,
    crossentropy_of_logit,
    positive_weight,
    wrong_class_logit,
)
from portable_losses.losses.classification._shared import (
    ClassLoss,
    mean_of_kept,
)
from portable_losses.ops.classes import (
    carefully,
    times,
)


class BinaryCrossentropy(ClassLoss):
    """Binary cross-entropy (BCE, log loss, logistic loss).

    It penalizes a low probability of the right label, by the negative log-likelihood of
    independent binary targets.

    With p the probability (the sigmoid of a logit) and t the smoothed target, the item
    is the mean over `axis` of

        -w (pos_weight t log p + (1 - t) log(1 - p))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact, and so are their gradients, up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / 2.
        axis: the axis over which an item is the mean.
        class_weights: one weight w per entry of `axis`, or `{entry: weight}` with 1
            for the rest. The mean divides by the number of entries.
        pos_weight: weight >= 0 of the positive term; a number, or one per entry.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so a
    wrong 0 or 1 costs 16.118 and has gradient 0. Prefer logits. An infinite logit,
    which a mask may cause, costs 0 with gradient 0 if it is right (inf at t = 1, -inf
    at t = 0), and costs inf at any other t. No gradient is NaN.

    Raises:
        ValueError: for a label_smoothing outside [0, 1], a negative weight, weights of
            the wrong length, or shapes that differ; and, see `Loss`, for logits in
            place of probabilities.

    Example:
        >>> loss = portable_losses.BinaryCrossentropy(from_logits=True)
        >>> float(loss([[1.0]], [[-200.0]]))
        200.0

    Differs: from Keras, which clips p and then computes log(1 - p). Here 1 - p is
    clipped, so that p = 1 costs 16.118 in float32 as in float64; in Keras it costs
    15.942 in float32, by rounding.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            class_weights=class_weights,
            pos_weight=pos_weight,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t, x, kept, hard = binary_targets(self, y_true, y_pred)
        positive = positive_weight(self, x)

        def items_of(careful: bool) -> Any:
            if self.from_logits and positive is None:
                s, _, d = wrong_class_logit(t, x, hard)
                terms = crossentropy_of_logit(x, s, d, careful)
            else:
                args = (self.from_logits, positive, careful)
                terms = binary_crossentropy(t, x, *args)
            return mean_of_kept(self, self.weighted(terms, times), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)
