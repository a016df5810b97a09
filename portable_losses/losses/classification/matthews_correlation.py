"""The Matthews correlation coefficient of soft counts."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.classification._soft_counts import Batch, CountLoss

_NEGLIGIBLE = 1e-30
"""A spread below it counts as 0, so that quotients by its square are finite."""


class MatthewsCorrelation(CountLoss):
    """Matthews correlation loss (MCC, phi coefficient, R_K statistic).

    It penalizes a small correlation of labels and predictions, which, unlike the
    accuracy, is 0 for every prediction that does not depend on the sample, however rare
    a class is.

    With p the probabilities, t the labels, s the number of items of the batch, t_k and
    p_k the sums of a class over the items, and c the sum of t p over items and classes,

        loss = 1 - (c s - sum_k t_k p_k)
               / sqrt((s^2 - sum_k p_k^2) (s^2 - sum_k t_k^2))

    Shapes: `y_pred` is `(B, ..., C)`; `y_true` has its shape (one-hot or soft labels,
    of sum 1), or is `(B, ...)` or `(B, ..., 1)` with class indices. With C = 1, p is
    that of class 1, and y_true is the label or the index, 0 or 1: `(B,)` is aligned
    with `(B, 1)`, whichever of the two has that shape. The loss is a statistic.

    Args:
        from_logits: whether y_pred holds logits or probabilities. That is a sigmoid for
            C = 1, else a softmax; then probabilities are divided by their sum, which is
            a constant in the gradient. Logits are more precise where p is near 1.

    Edge cases: the loss is 0 for the right classes with probability 1, 2 for two
    classes in the wrong order, and near 1 for predictions that do not depend on the
    sample. A batch of one class, and predictions that are all of one class, are 0/0:
    that scores 0, so the loss is 1 with gradient 0. Masked items are removed from the
    batch, and without items the loss is 0. The gradient vanishes where all p are near 0
    or 1, whether right or wrong. Logits may be infinite: they give the probabilities 0
    and 1, without a gradient.

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
        coefficient", Computational Biology and Chemistry 28, 2004, of a soft confusion
        matrix; Matthews, "Comparison of the predicted and observed secondary structure
        of T4 phage lysozyme", Biochimica et Biophysica Acta 405, 1975, for two classes.

    Differs: from the correlation of the columns of t and p, which divides by their
    variances. The two agree where each p is 0 or 1; elsewhere this loss, by the counts,
    also penalizes predictions that are unsure.
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
            # The deviations sum to 0. That of the likeliest class, where p may be too
            # near to 1 to have digits for it, is thus made of the others.
            rest = ops.where(often_p, 0.0, deviation)
            last = -ops.sum(rest, axis=-1, keepdims=True)
            deviation = ops.where(often_p, last, rest)
        shared = ops.sum(mean((t - mean_t) * deviation))
        of_t = ops.sqrt(_spread(mean_t, often_t, True))
        of_p = ops.sqrt(_spread(mean_p, often_p, batch.sum_to_1))
        score = ops.divide(shared, of_t * of_p)

        # Near 1 the score leaves no digits for 1 - score. With a^2 and b^2 the spreads
        # and c what is shared, 1 - c / (a b) == (a^2 + b^2 - 2 c - (a - b)^2) / (2 a b)
        # and a^2 + b^2 - 2 c is the variance of t - p, and how unsure t and p are.
        unsure = ops.sum(mean(p * q + t * (1.0 - t)))
        if not batch.sum_to_1:
            # It is 1 - p^2, in value for a row of zeros, and in the gradient for all.
            total = ops.sum(p, axis=-1, keepdims=True)
            constant = ops.stop_gradient(total)
            unsure = unsure + mean(ops.round(1.0 - constant) + constant - total)[0]
        apart = ops.sum(mean(ops.square(error - mean_error))) + unsure
        gap = ops.divide(ops.sum(mean_error * (mean_t + mean_p)), of_t + of_p)
        near = ops.divide(apart - ops.square(gap), 2.0 * of_t * of_p)
        return ops.where(score > 0.5, near, 1.0 - score)


def _spread(mean: Any, often: Any, sum_to_1: bool) -> Any:
    """1 - sum_k mean_k^2, without cancellation where one mean is nearly 1.

    With d = 1 - that mean, 1 - (1 - d)^2 == d (2 - d). If the means are known to sum
    to 1, d is the sum of the others, and has all its digits.
    """
    rest = ops.where(often, 0.0, mean)
    lack = ops.sum(rest) if sum_to_1 else 1.0 - ops.sum(ops.where(often, mean, 0.0))
    result = lack * (2.0 - lack) - ops.sum(ops.square(rest))
    return ops.where(result < _NEGLIGIBLE, 0.0, result)
