"""The squared earth mover's distance of ordered classes."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.ordinal._labels import distributions
from portable_losses.ops.classes import valid_ids


class SquaredEarthMover(Loss):
    """Squared earth mover's distance (EMD^2, ranked probability score, squared CDFs).

    It penalizes probability by its distance from the true class in the order of the
    classes: neighboring classes cost less than distant ones.

    With t the one-hot or soft label and p the class probabilities, the item is the
    squared distance of their cumulative distributions

        sum_c (sum_{k <= c} (p_k - t_k))^2

    Shapes: `y_pred` is `(B, ..., C)`, with the classes in order; `y_true` is `(B, ...)`
    or `(B, ..., 1)`, class indices, or of y_pred's shape; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are used as they are.

    Edge cases: if one class has probability 1, at a distance of d classes from the true
    one, the item is d. For probabilities that sum to 1 the term of the last class is 0.
    An infinite logit means p = 1, or p = 0, and has gradient 0. As for every loss of
    probabilities, the gradient from logits vanishes where the softmax saturates on a
    wrong class: it is about exp(-20) at a margin of 20. Add a cross-entropy from logits
    where that can happen.

    Raises:
        ValueError: for shapes that do not fit, and indices that are not whole or out of
            range (in compiled code the item is NaN); and, see `Loss`, for logits in
            place of probabilities.
        TypeError: if from_logits is not a bool.

    Example:
        >>> loss = portable_losses.SquaredEarthMover()
        >>> float(loss([0], [[0.5, 0.0, 0.5]]))
        0.5

    Reference:
        Hou, Yu and Samaras, "Squared earth mover's distance-based loss for training
        deep neural networks", 2016, arXiv:1611.05916, the loss for ordered classes with
        l = 2.
    """

    targets = "classes"
    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self, *, from_logits: bool = False, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.from_logits = arguments.flag(self, "from_logits", from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t, p = distributions(y_true, y_pred, self.from_logits)
        items = ops.sum(ops.square(ops.cumsum(p - t, axis=-1)), axis=-1)
        if len(y_true.shape) == len(y_pred.shape):
            return items
        valid = valid_ids(y_true, y_pred.shape[-1])
        return ops.where(valid, items, float("nan"))
