"""Distribution focal loss, for a real target between two bins."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.ops import eager
from portable_losses.ops.classes import crossentropy_of_labels


class DistributionFocal(Loss):
    """Distribution focal loss (DFL) for the box branch of a dense detector.

    It penalizes a small probability of the two bins around a real target, such as the
    distance from an anchor to a side of its box in units of the stride.

    With p the softmax of the logits, y the target and l = floor(y), the item is

        -((l + 1 - y) log p_l + (y - l) log p_{l + 1})

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, real numbers in [0, C - 1];
    `y_pred` is `(B, ..., C)`, a logit per bin; items are `(B, ...)`. The four sides of
    boxes are thus `(B, N, 4)` against `(B, N, 4, C)`.

    Args:
        from_logits: must be True: the loss takes logits only.

    Edge cases: a whole y is the index of a bin, and the loss is the sparse categorical
    cross-entropy; y = C - 1 is the last bin. A target out of range, of an item that
    counts, raises ValueError in eager mode, and makes the loss NaN in compiled code.
    Between two bins the smallest cost is the entropy of (l + 1 - y, y - l), not 0.
    Logits are exact up to 1e4 and beyond, and may be infinite, as in
    CategoricalCrossentropy.

    Raises:
        ValueError: for from_logits=False, targets outside of [0, C - 1], shapes that do
            not fit, and a mask with an entry per bin.

    Example:
        >>> loss = portable_losses.DistributionFocal()
        >>> round(float(loss([0.25], [[0.0, 0.0, 0.0]])), 4)  # log(3)
        1.0986

    Reference:
        Li, Wang, Wu, Chen, Hu, Li, Tang, Yang, "Generalized Focal Loss: Learning
        Qualified and Distributed Bounding Boxes for Dense Object Detection", NeurIPS
        2020, arXiv:2006.04388, equation 6.

    Differs: from the authors' code, which raises an error at y = C - 1, because there
    is no bin C, though its weight is 0.
    """

    targets = "reduced"
    prediction_domain = "logits"

    def __init__(
        self, *, from_logits: bool = True, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.from_logits = arguments.logits_alone(self, from_logits)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        y, last = y_true, y_pred.shape[-1] - 1
        if kept is not None:
            if len(kept.shape) > len(y.shape):
                shapes = tuple(kept.shape), tuple(y.shape)
                checks.reject_elements(type(self).__name__, "mask", *shapes)
            y = ops.where(expand(kept, len(y.shape)), y, 0.0)
        self._check_range(y, last)
        inside = ops.logical_and(y >= 0, y <= last)
        bins = ops.arange(last + 1, dtype=y.dtype)
        # l + 1 - y in the bin l, y - l in the bin l + 1, and 0 elsewhere
        weights = ops.relu(1.0 - ops.abs(ops.expand_dims(y, -1) - bins))
        items = crossentropy_of_labels(y_pred, weights)
        return ops.where(inside, items, float("nan"))

    def _check_range(self, y: Any, last: int) -> None:
        """Reject targets outside of all bins, in eager mode; a NaN is not rejected."""
        values = eager.known_values(y)
        if values is None or not values.size:
            return
        for worst in (values.min(), values.max()):
            if worst < 0 or worst > last:
                rule = f"numbers in [0, {last}], from the first bin to the last"
                remedy = "clip the targets, or widen the last axis of y_pred"
                checks.reject_value(
                    type(self).__name__, "y_true", rule, float(worst), remedy
                )
