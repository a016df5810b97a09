"""Quality focal loss, for targets between 0 and 1."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._binary import (
    binary_crossentropy,
    crossentropy_of_logit,
    wrong_class_logit,
)
from portable_losses.losses.classification._shared import ClassArguments
from portable_losses.losses.classification._sigmoid import (
    SigmoidLoss,
)
from portable_losses.ops.focusing import focus, focused


class QualityFocal(SigmoidLoss):
    """Quality focal loss (QFL) for the classification branch of a dense detector.

    It penalizes wrong quality scores by binary cross-entropy, with less weight on
    predictions near their target. The target is a quality between 0 and 1: the IoU of
    the predicted box with its object in the column of the object's class, and 0 in the
    other columns.

    With p the probability (the sigmoid of a logit) and t the target, the item is the
    mean over the last axis of

        -w |t - p|^beta (t log p + (1 - t) log(1 - p))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        beta: exponent >= 0; 0 is binary cross-entropy.
        from_logits: whether y_pred holds logits, any real number, the usual output of
            detectors, or probabilities in [0, 1]. Logits are exact up to 1e4 and
            beyond.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. The mean divides by the number of classes.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: at p = t the cost and the gradient are 0, except for beta = 0; for
    beta < 1 the gradient of the formula is infinite there. The weight |t - p|^beta is
    differentiated. Probabilities are clipped, and logits may be infinite, as in
    BinaryCrossentropy.

    Raises:
        ValueError: for a negative beta or weight, weights of the wrong length, or
            shapes that differ; and, see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.QualityFocal(from_logits=True)
        >>> round(float(loss([[0.5, 0.0]], [[0.0, 0.0]])), 6)  # 0 and log(2) / 4
        0.086643

    Reference:
        Li, Wang, Wu, Chen, Hu, Li, Tang, Yang, "Generalized Focal Loss: Learning
        Qualified and Distributed Bounding Boxes for Dense Object Detection", NeurIPS
        2020, arXiv:2006.04388, the quality focal loss (QFL).

    Differs: from the authors' code, which sums over the classes and divides by the
    number of boxes that are assigned to an object. Here an item is a mean; use
    reduction="sum" to divide by another number.
    """

    def __init__(self, *, beta: Number = 2.0, **common: Unpack[ClassArguments]) -> None:
        super().__init__(**common)
        self.beta = arguments.number(self, "beta", beta, at_least=0)

    def costs(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        if not self.from_logits:
            cost = binary_crossentropy(t, x, False, None)
            return focus(t - x, self.beta) * cost
        s, turn, d = wrong_class_logit(t, x, hard)
        # |t - p| == |sigmoid(s) - turn d|, exact near both ends
        distance = ops.sigmoid(s) if d is None else ops.sigmoid(s) - turn * d
        weight = focus(distance, self.beta)
        cost = crossentropy_of_logit(x, s, d, careful)
        return focused(weight, cost) if careful else weight * cost
