"""The focal loss of detectors."""

from collections.abc import Sequence

from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification.binary_focal import BinaryFocalCrossentropy


class SigmoidFocal(BinaryFocalCrossentropy):
    """Sigmoid focal loss (RetinaNet's focal loss).

    It penalizes wrong binary predictions of a detector by binary cross-entropy, with
    less weight on targets that are already predicted well.

    It is BinaryFocalCrossentropy with class balancing. With p the probability, t the
    target and p_t = t p + (1 - t)(1 - p), the item is the mean over the last axis of

        -(t alpha + (1 - t)(1 - alpha)) (1 - p_t)^gamma (t log p + (1 - t) log(1 - p))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight in [0, 1] of the positive targets; the others weigh 1 - alpha.
        gamma: exponent >= 0.
        from_logits: whether y_pred holds logits, the usual output of detectors, or
            probabilities.
        label_smoothing, axis, class_weights, pos_weight, ignore_class: as in
            BinaryFocalCrossentropy.

    Edge cases: as in BinaryFocalCrossentropy.

    Raises:
        ValueError: as BinaryFocalCrossentropy.

    Example:
        >>> loss = portable_losses.SigmoidFocal(from_logits=True)
        >>> float(loss([[1]], [[-200.0]]))
        50.0

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5.

    Differs: from the paper, which divides the sum by the number of anchors that are
    assigned to an object. Here an item is a mean; use reduction="sum" to divide by
    another number.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(
            apply_class_balancing=True,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            reduction=reduction,
            name=name,
            dtype=dtype,
            class_weights=class_weights,
            pos_weight=pos_weight,
            ignore_class=ignore_class,
        )
