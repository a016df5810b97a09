"""The Matthews correlation coefficient of soft counts."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.classification._soft_counts import Batch, CountLoss

_NEGLIGIBLE = 1e-30
"""A spread below it counts as 0, so that quotients by its square stay finite."""


class MatthewsCorrelation(CountLoss):
    """Matthews correlation loss (MCC, phi coefficient, R_K statistic).

    It penalizes a small correlation of labels and predictions. Unlike the accuracy, the
    correlation is 0 for every prediction that does not depend on the sample, however
    rare a class is.

    With p the probabilities, t the labels, s the number of items of the batch, t_k and
    p_k the sums of a class over the items, and c the sum of t p over items and classes,

        loss = 1 - (c s - sum_k t_k p_k)
               / sqrt((s^2 - sum_k p_k^2) (s^2 - sum_k t_k^2))

    Shapes: `y_pred` is `(B, ..., C)`; `y_true` has its shape (one-hot or soft labels,
    of sum 1), or is `(B, ...)` or `(B, ..., 1)` with class indices. With C = 1, y_pred
    is the probability (or logit) of class 1, and y_true is 0 or 1; then `(B,)` is
    aligned with `(B, 1)` in both directions. The loss is a statistic.

    Args:
        from_logits: whether y_pred holds logits (of a sigmoid for C = 1, else of a
            softmax) or probabilities. Probabilities of several classes are divided by
            their sum, which counts as a constant in the gradient. Logits are more
            precise where p is near 1.

    Edge cases: the loss is 0 if the right classes have probability 1, 2 if two classes
    are exchanged, and near 1 for predictions that do not depend on the sample. If all
    labels, or all predictions, are of one class, the correlation is 0/0, which counts
    as 0: the loss is 1 with gradient 0. Masked items are removed from the batch, and
    without items the loss is 0. The gradient vanishes where all p are near 0 or 1,
    whether right or wrong. Logits may be infinite: they give the probabilities 0 and 1,
    with gradient 0.

    Raises:
        ValueError: for sample weights, which a statistic cannot have, class indices
            that are not whole or out of range (in compiled code the loss is NaN), or
            shapes that do not fit; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.MatthewsCorrelation()
        >>> round(float(loss([0, 1], [[1.0, 0.0], [0.5, 0.5]])), 4)  # 1 - 1 / sqrt(3)
        0.4226

    Reference:
        Gorodkin, "Comparing two K-category assignments by a K-category correlation
        coefficient", Computational Biology and Chemistry 28, 2004, here with a soft
        confusion matrix; Matthews, "Comparison of the predicted and observed secondary
        structure of T4 phage lysozyme", Biochimica et Biophysica Acta 405, 1975, for
        two classes.

    Differs: from the correlation of the columns of t and p, which divides by their
    variances. The two agree where each p is 0 or 1. Elsewhere this loss, which uses the
    counts, also penalizes uncertain predictions.
    """

    def cost(self, batch: Batch) -> Any:
        t, p, q, counted, _ = batch
        items, classes = tuple(range(len(p.shape) - 1)), ops.arange(p.shape[-1])
        count = ops.sum(counted, axis=items)

        def mean(x: Any) -> Any:
            return ops.divide(ops.sum(x * counted, axis=items), count)

        error = t * q - (1.0 - t) * p  # t - p
        mean_t, mean_p, mean_error = mean(t), mean(p), mean(error)
        often_t, often_p = (
            classes == ops.argmax(ops.stop_gradient(m)) for m in (mean_t, mean_p)
        )
        deviation = p - mean_p
        if batch.sum_to_1:
            # The deviations sum to 0. The deviation of the most frequent class, where p
            # may round to 1, is computed from those of the other classes.
            rest = ops.where(often_p, 0.0, deviation)
            last = -ops.sum(rest, axis=-1, keepdims=True)
            deviation = ops.where(often_p, last, rest)
        shared = ops.sum(mean((t - mean_t) * deviation))
        of_t = ops.sqrt(_spread(mean_t, often_t, True))
        of_p = ops.sqrt(_spread(mean_p, often_p, batch.sum_to_1))
        score = ops.divide(shared, of_t * of_p)

        # If the score is near 1, 1 - score is a cancellation. With a^2 and b^2 the
        # spreads and c the covariance `shared`,
        # 1 - c / (a b) == (a^2 + b^2 - 2 c - (a - b)^2) / (2 a b),
        # and a^2 + b^2 - 2 c is the variance of t - p plus the uncertainty of t and p.
        unsure = ops.sum(mean(p * q + t * (1.0 - t)))
        if not batch.sum_to_1:
            # The uncertainty of p is 1 - sum p^2, which is p q summed only if p sums to
            # 1. The difference has a value for probabilities that are all 0, and a
            # gradient for all.
            total = ops.sum(p, axis=-1, keepdims=True)
            constant = ops.stop_gradient(total)
            unsure = unsure + mean(ops.round(1.0 - constant) + constant - total)[0]
        apart = ops.sum(mean(ops.square(error - mean_error))) + unsure
        gap = ops.divide(ops.sum(mean_error * (mean_t + mean_p)), of_t + of_p)
        near = ops.divide(apart - ops.square(gap), 2.0 * of_t * of_p)
        return ops.where(score > 0.5, near, 1.0 - score)


def _spread(mean: Any, often: Any, sum_to_1: bool) -> Any:
    """1 - sum_k mean_k^2, without cancellation where one mean is nearly 1.

    With d = 1 - that mean, 1 - (1 - d)^2 == d (2 - d). If the means are known to sum to
    1, d is the sum of the others, which is accurate.
    """
    rest = ops.where(often, 0.0, mean)
    lack = ops.sum(rest) if sum_to_1 else 1.0 - ops.sum(ops.where(often, mean, 0.0))
    result = lack * (2.0 - lack) - ops.sum(ops.square(rest))
    return ops.where(result < _NEGLIGIBLE, 0.0, result)
