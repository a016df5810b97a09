"""Poly-1 binary cross-entropy."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, LossArguments, Number
from portable_losses.losses.classification._binary import (
    binary_crossentropy,
    binary_targets,
    crossentropy_of_logit,
    wrong_class_logit,
)
from portable_losses.losses.classification._shared import ClassLoss, mean_of_kept
from portable_losses.ops.classes import carefully, times


class PolyBinaryCrossentropy(ClassLoss):
    """Poly-1 binary cross-entropy (PolyLoss of a sigmoid).

    It penalizes the probability p_t of the target by binary cross-entropy plus a
    multiple of 1 - p_t, for independent binary targets.

    With p the probability (the sigmoid of a logit), t the target and
    p_t = t p + (1 - t)(1 - p), the item is the mean over the last axis of

        w (-t log p - (1 - t) log(1 - p) + epsilon (1 - p_t))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        epsilon: >= -1, added to the first coefficient, 1, of the series of
            cross-entropy in 1 - p_t; 0 is binary cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact, and so are their gradients, up to 1e4 and beyond.
        class_weights: one weight w per column, or `{column: weight}` with 1 for the
            rest. The mean divides by the number of columns.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: in logarithms, probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's
    epsilon), so a wrong 0 or 1 costs 16.118 + epsilon. Logits may be infinite, as in
    BinaryCrossentropy. Targets may be soft, in [0, 1].

    Raises:
        ValueError: for an epsilon below -1, where a loss would be negative, a negative
            weight, weights of the wrong length, or shapes that differ; and, see `Loss`,
            for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.PolyBinaryCrossentropy(from_logits=True)
        >>> float(loss([[1]], [[-200.0]]))  # 200 + 1
        201.0

    Reference:
        Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov, "PolyLoss: A Polynomial Expansion
        Perspective of Classification Loss Functions", 2022, arXiv 2204.12511, the
        Poly-1 formulation, with the sigmoid in place of the softmax.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True
    label_smoothing = 0.0  # `binary_targets` reads it

    def __init__(
        self,
        *,
        epsilon: Number = 1.0,
        from_logits: bool = False,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.epsilon = arguments.number(self, "epsilon", epsilon, at_least=-1)
        arguments.store(
            self,
            from_logits=from_logits,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t, x, kept, hard = binary_targets(self, y_true, y_pred)

        def items_of(careful: bool) -> Any:
            terms = self._cost(t, x, hard, careful)
            return mean_of_kept(self, self.weighted(terms, times), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)

    def _cost(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        """The cross-entropy + epsilon (1 - p_t)."""
        if not self.from_logits:
            wrong = t + (1.0 - 2.0 * t) * x  # 1 - p_t
            return binary_crossentropy(t, x, False, None) + self.epsilon * wrong
        s, turn, d = wrong_class_logit(t, x, hard)
        wrong = ops.sigmoid(s)
        if d is not None:
            e = turn * d
            wrong = e + (1.0 - 2.0 * e) * wrong
        return crossentropy_of_logit(x, s, d, careful) + self.epsilon * wrong
