"""The F1 score of soft counts."""

from typing import Any, Literal, Unpack, get_args

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.classification._soft_counts import (
    Batch,
    CountArguments,
    CountLoss,
    probability_and_complement,
)

Average = Literal["macro", "micro"]


class SoftF1(CountLoss):
    """Soft F1 loss (soft F-score, soft Dice of the counts of a batch).

    It penalizes a small F1 score of the batch. The counts of true positives, false
    positives and false negatives are sums of probabilities.

    With p the probabilities, t the labels and sums over the items of the batch,

        F1_c = 2 sum t_c p_c / (sum t_c + sum p_c)
        loss = 1 - mean_c F1_c

    or, with `average="micro"`, 1 - F1 where the sums are also over the classes.

    Shapes: `y_pred` is `(B, ..., C)`; `y_true` has its shape (one-hot or soft labels),
    or is `(B, ...)` or `(B, ..., 1)` with class indices; with `multilabel` it has
    y_pred's shape. With C = 1, y_pred is the probability (or logit) of class 1, and
    y_true is 0 or 1; then `(B,)` is aligned with `(B, 1)` in both directions. The loss
    is a statistic.

    Args:
        average: "macro", the mean of the scores of the classes, or "micro", the score
            of the summed counts of all classes.
        multilabel: whether the columns are independent binary labels. Otherwise they
            are classes, of which each item has one.
        from_logits: whether y_pred holds logits (of a sigmoid with `multilabel` and for
            C = 1, else of a softmax) or probabilities. Probabilities of several classes
            are divided by their sum, which counts as a constant in the gradient.

    Edge cases: the score of a class without labels in the batch is 0, with gradient 0,
    also if it has no predictions (0/0): for rare classes use large batches or "micro".
    Masked items are removed from the batch; with `multilabel` a
    mask may have an entry per label. A batch without items costs 0. The gradient
    vanishes where p is near 0 or 1, whether right or wrong. Logits may be infinite:
    they give the probabilities 0 and 1, with gradient 0.

    Raises:
        ValueError: for an unknown average, sample weights, which a statistic cannot
            have, class indices that are not whole or out of range (in compiled code the
            loss is NaN), or shapes that do not fit; and, see `Loss`, for logits in
            place of probabilities.

    Example:
        >>> loss = portable_losses.SoftF1()
        >>> round(float(loss([0, 1], [[1.0, 0.0], [0.5, 0.5]])), 4)  # F1 of 4/5 and 2/3
        0.2667

    Reference:
        van Rijsbergen, "Information Retrieval", 1979, chapter 7, for the score;
        Benedict, Koops, Odijk, de Rijke, "sigmoidF1: A Smooth F1 Score Surrogate Loss
        for Multilabel Classification", 2021, arXiv:2108.10566, for soft counts.

    Differs: from sigmoidF1, whose sigmoid has a factor and an offset.
    """

    def __init__(
        self,
        *,
        average: Average = "macro",
        multilabel: bool = False,
        **common: Unpack[CountArguments],
    ) -> None:
        super().__init__(**common)
        self.average = arguments.choice(self, "average", average, get_args(Average))
        self.multilabel = arguments.flag(self, "multilabel", multilabel)
        self.targets = "same" if multilabel else "classes"

    def parts_of(self, y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
        if not self.multilabel:
            parts = super().parts_of(y_true, y_pred)
            # The score of a single column is that of class 1 alone.
            return tuple(x[..., 1:] for x in parts) if y_pred.shape[-1] == 1 else parts
        if self._columns is not None and self._columns.positions:
            # The axis of a single label was squeezed, and is added again.
            y_true, y_pred = (ops.expand_dims(y, -1) for y in (y_true, y_pred))
        return y_true, *probability_and_complement(y_pred, self.from_logits)

    def check_mask(self, kept: Any, y_pred: Any) -> None:
        if not self.multilabel:
            super().check_mask(kept, y_pred)

    def cost(self, batch: Batch) -> Any:
        t, p, q = batch.t, batch.p, batch.q
        over = None if self.average == "micro" else tuple(range(len(p.shape) - 1))
        # 1 - 2 sum t p / size == sum (t (1 - p) + (1 - t) p) / size
        missed = ops.sum(t * q + (1.0 - t) * p, axis=over)
        size = ops.sum(t, axis=over) + ops.sum(p, axis=over)
        return ops.mean(ops.where(size == 0, 1.0, ops.divide(missed, size)))
