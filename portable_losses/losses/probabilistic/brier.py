"""The Brier score."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.classification._shared import LabelLoss
from portable_losses.losses.probabilistic._labels import dense, or_nan, probabilities


class Brier(LabelLoss):
    """Brier score (quadratic score, squared error of probabilities).

    It penalizes the squared distance of the predicted probabilities from the labels.
    Like cross-entropy it is a proper score, but it is bounded: a wrong label costs at
    most 2.

    With p the class probabilities (the softmax of logits) and t the labels, the item is

        sum_c w_c (p_c - t_c)^2

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, of which p is the
            softmax (for a single column the sigmoid), or probabilities in [0, 1], which
            are not normalized.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: a certain and wrong prediction costs 2, and from logits its gradient is
    small: it is 0 in float32 if the logits differ by 100. To avoid this, start training
    with cross-entropy, or predict probabilities. Infinite logits have gradient 0: p is
    1 at inf (shared evenly if there are several) and 0 at -inf, also if all logits are
    -inf. The score of two classes is twice that of a single column.

    Raises:
        ValueError: for indices that are not whole or out of range, weights of the wrong
            length, or shapes that do not fit; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.Brier()
        >>> float(loss([1], [[0.5, 0.5]]))
        0.5

    Reference:
        Brier, "Verification of forecasts expressed in terms of probability", Monthly
        Weather Review 78, 1950, equation 2.

    Differs: from scikit-learn's `brier_score_loss` for two classes, which is the score
    of a single column.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"

    def call(self, y_true: Any, y_pred: Any) -> Any:
        p = probabilities(y_pred, self.from_logits)
        t, valid = dense(y_true, p)
        return or_nan(ops.sum(self.weighted(ops.square(p - t)), axis=-1), valid)
