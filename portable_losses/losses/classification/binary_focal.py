"""Focal cross-entropy of independent binary targets."""

from collections.abc import Sequence
from typing import Any

from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._binary import (
    binary_crossentropy,
    binary_targets,
    less_product,
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
from portable_losses.ops.focusing import focus, focused
from portable_losses.ops.log_sums import softplus_and_sigmoid


class BinaryFocalCrossentropy(ClassLoss):
    """Binary focal cross-entropy (focal loss of binary targets).

    It penalizes wrong binary predictions, as binary cross-entropy does, with less
    weight on targets that are already predicted well.

    With p the probability (the sigmoid of a logit), t the smoothed target and
    p_t = t p + (1 - t)(1 - p), the item is the mean over `axis` of

        -w a (1 - p_t)^gamma (pos_weight t log p + (1 - t) log(1 - p))

    where a = 1, or t alpha + (1 - t)(1 - alpha) with `apply_class_balancing`.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        apply_class_balancing: whether to weigh by alpha.
        alpha: weight in [0, 1] of the positive targets; the others weigh 1 - alpha.
        gamma: exponent >= 0; 0 is plain binary cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact, and so are their gradients, up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / 2.
        axis: the axis over which an item is the mean.
        class_weights: one weight w per entry of `axis`, or `{entry: weight}` with 1
            for the rest. The mean divides by the number of entries.
        pos_weight: weight >= 0 of the positive term; a number, or one per entry.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: in logarithms, probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's
    epsilon), so a wrong 0 or 1 costs 16.118. Where 1 - p_t = 0, the gradient is 0.
    Logits may be infinite, as in BinaryCrossentropy.

    Raises:
        ValueError: for alpha or label_smoothing outside [0, 1], a negative gamma or
            weight, weights of the wrong length, or shapes that differ; and, see `Loss`,
            for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.BinaryFocalCrossentropy(from_logits=True)
        >>> float(loss([[1]], [[-200.0]]))
        200.0

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equations 4 and 5.

    Differs: from Keras, which converts logits to probabilities and clips them: y = 1 at
    a logit of -200 costs 16.118 there, with gradient 0 on JAX and torch. From
    probabilities, 1 - p is clipped before log(1 - p), as in BinaryCrossentropy.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: Number = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.apply_class_balancing = arguments.flag(
            self, "apply_class_balancing", apply_class_balancing
        )
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0, at_most=1)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)
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

        def items_of(careful: bool) -> Any:
            terms = self._focal(t, x, hard, careful)
            if self.apply_class_balancing:
                balance = t * (2.0 * self.alpha - 1.0) + (1.0 - self.alpha)
                terms = times(balance, terms) if careful else balance * terms
            return mean_of_kept(self, self.weighted(terms, times), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)

    def _focal(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        """(1 - p_t)^gamma times the cross-entropy."""
        positive = positive_weight(self, x)
        if not self.from_logits:
            wrong = t + (1.0 - 2.0 * t) * x  # 1 - p_t
            crossentropy = binary_crossentropy(t, x, False, positive)
            return focus(wrong, self.gamma) * crossentropy
        s, turn, d = wrong_class_logit(t, x, hard)
        cost, wrong = softplus_and_sigmoid(s)
        if d is not None:
            e = turn * d
            wrong = e + (1.0 - 2.0 * e) * wrong  # 1 - p_t
        if positive is None:
            crossentropy = less_product(cost, x, d, careful)
        else:
            crossentropy = binary_crossentropy(t, x, True, positive, careful)
        weight = focus(wrong, self.gamma)
        return focused(weight, crossentropy) if careful else weight * crossentropy
