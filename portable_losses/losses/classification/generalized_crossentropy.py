"""Generalized cross-entropy: between cross-entropy and mean absolute error."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._shared import ClassLoss
from portable_losses.ops.classes import (
    crossentropy_of,
    like,
    of_log_softmax,
    pick,
)
from portable_losses.ops.exponentials import expm1_with_tail
from portable_losses.ops.focusing import normal_or_zero


class CategoricalGeneralizedCrossEntropy(ClassLoss):
    """Generalized cross-entropy (GCE, L_q loss for noisy labels).

    It penalizes a low probability of the right class, as cross-entropy does, with
    little weight on samples whose label is very unlikely and so may be wrong.

    With p the class probabilities and y the class, the item is

        w_y (1 - p_y^q) / q

    It tends to -log p_y for q towards 0 and is 1 - p_y for q = 1. For a one-hot or
    soft label t the item is the expectation over t, sum_c w_c t_c (1 - p_c^q) / q.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        q: in (0, 1); the larger q, the smaller the influence of a wrong label.
        from_logits: whether y_pred holds logits, any real number, of which p is the
            softmax, or probabilities in [0, 1], which are not normalized.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: for class indices, a NaN in another class than y has no influence. An
    item costs at most w / q. It does at p = 0, where its gradient is 0.
    From logits the gradient in the logit of y is -w p_y^q (1 - p_y). It is small where
    the prediction contradicts the label: that is the purpose of the loss. In float32 it
    is 0 if the logits differ by 200 / q. Infinite logits have gradient 0: p is 1 at inf
    (shared evenly if there are several) and 0 at -inf, also if all logits are -inf.

    Raises:
        ValueError: for q outside (0, 1), indices that are not whole or out of range,
            weights of the wrong length, or shapes that do not fit; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.CategoricalGeneralizedCrossEntropy(q=0.5)
        >>> float(loss([1], [[0.75, 0.25]]))
        1.0

    Reference:
        Zhang, Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural
        Networks with Noisy Labels", 2018, arXiv 1805.07836, equation 6.

    Differs: from Keras, whose gradient at p = 0 is NaN or infinite (0 here), which
    rejects one-hot or soft labels, and which uses p = 0 for an index out of range
    (ValueError here).
    """

    targets = "classes"
    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        q: Number = 0.5,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: DType = None,
        *,
        from_logits: bool = False,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.q = arguments.number(self, "q", q, above=0, below=1)
        arguments.store(
            self,
            from_logits=from_logits,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if len(y_true.shape) < len(y_pred.shape):
            if self.from_logits:
                items = self._cost(-crossentropy_of(y_pred, y_true))
            else:
                items = self._cost(pick(y_pred, y_true))
            return self.weighted_by(y_true, items, y_pred)
        t = self.weighted(like(y_true, y_pred))

        def items_of(p: Any, _: Any = None) -> Any:
            return ops.sum(self._cost(p) * t, axis=-1)  # finite for every p

        return (
            of_log_softmax(y_pred, items_of) if self.from_logits else items_of(y_pred)
        )

    def _cost(self, p: Any) -> Any:
        """(1 - p^q) / q for probabilities, or for their logarithms."""
        if self.from_logits:
            return -expm1_with_tail(self.q * p) / self.q
        return (1.0 - ops.power(normal_or_zero(p), self.q)) / self.q
