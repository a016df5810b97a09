"""The sparsemax loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.classification._labels import dense_labels, marked
from portable_losses.ops.classes import times
from portable_losses.ops.log_sums import gaps, infinite_if_none, largest_of


class Sparsemax(Loss):
    """Sparsemax loss (Fenchel-Young loss of sparsemax).

    It penalizes logits whose sparsemax is not the label. Sparsemax is a distribution in
    which classes with a logit far below the largest have probability 0.

    With x the logits, p = max(x - tau, 0) their sparsemax, where tau is such that p
    sums to 1, S the classes with p > 0 and t the label, the item is

        1/2 sum_{c in S} (x_c^2 - tau^2) + 1/2 sum_c t_c^2 - sum_c t_c x_c

    and its gradient in x is p - t.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`, of sum 1; `y_pred` is `(B, ..., C)`, logits; items are
    `(B, ...)`.

    Args:
        from_logits: must be True: the loss takes logits only.

    Edge cases: an item costs exactly 0, with gradient 0, where the logit of the class
    is larger than all others by 1 or more. Logits of 1e4 are exact. A logit of inf
    means p = 1, shared evenly if an item has several; a logit of -inf means p = 0. Both
    have gradient 0. An item costs inf if such a p is 0 where t is not, and if all
    logits are -inf.

    Raises:
        ValueError: for from_logits=False, indices that are not whole or out of range
            (in compiled code the item is NaN), or shapes that do not fit.

    Example:
        >>> loss = portable_losses.Sparsemax()
        >>> float(loss([0], [[0.5, 0.0]]))  # p = (0.75, 0.25)
        0.0625

    Reference:
        Martins, Astudillo, "From Softmax to Sparsemax: A Sparse Model of Attention and
        Multi-Label Classification", ICML 2016, arXiv 1602.02068, sections 3.2 and 3.3.
    """

    targets = "classes"
    prediction_domain = "logits"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self, *, from_logits: bool = True, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.from_logits = arguments.logits_alone(self, from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = dense_labels(y_true, y_pred)
        largest = largest_of(y_pred, (-1,))
        p = ops.sparsemax(ops.stop_gradient(y_pred), axis=-1)
        # d = x - tau, computed from the largest p, which is the largest x minus tau.
        # For a label of sum 1 the item is a sum of terms >= 0, without squares of large
        # logits: (p - t)^2 / 2 in S, and t^2 / 2 - t d elsewhere.
        gap = gaps(y_pred, largest)
        d = gap + ops.max(p, axis=-1, keepdims=True)
        inside = d > 0
        # tau changes with the mean logit of S. This changes neither the item nor its
        # gradient, where it cancels, but it is needed for the second derivative.
        size = ops.sum(ops.cast(inside, gap.dtype), axis=-1, keepdims=True)
        total = ops.sum(ops.where(inside, gap, 0.0), axis=-1, keepdims=True)
        mean = ops.divide_no_nan(total, size)
        d = d - (mean - ops.stop_gradient(mean))
        squares = ops.square(ops.where(inside, d, 0.0) - t)
        items = ops.sum(0.5 * squares + times(t, ops.where(inside, 0.0, -d)), axis=-1)
        items = items + ops.squeeze(infinite_if_none(largest), -1)
        return marked(items, y_true, y_pred)
