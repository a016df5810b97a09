"""Jensen-Shannon divergence."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._shared import ClassArguments, LabelLoss
from portable_losses.losses.probabilistic._deviance import deviance
from portable_losses.losses.probabilistic._labels import dense, or_nan, probabilities


class JensenShannon(LabelLoss):
    """Jensen-Shannon divergence (JSD, JS loss for noisy labels).

    It penalizes the divergence of the predicted and the target distribution from their
    mixture. It is symmetric for beta = 0.5, and bounded: a wrong label costs at most
    the entropy of beta.

    With p the class probabilities (the softmax of logits), t the labels, b = beta and
    m = b t + (1 - b) p, the item is

        sum_c w_c (b t_c log(t_c / m_c) + (1 - b) p_c log(p_c / m_c))

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        beta: weight in (0, 1) of the labels in the mixture. Divided by
            -(1 - b) log(1 - b), the loss tends to cross-entropy as b tends to 0, and to
            half the absolute error as b tends to 1.
        from_logits: whether y_pred holds logits, any real number, of which p is the
            softmax (for a single column the sigmoid), or probabilities in [0, 1], which
            are not normalized.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: an exact match costs 0 with gradient 0, and the value is accurate close
    to it. A certain and wrong prediction costs -b log b - (1 - b) log(1 - b),
    0.6931 at 0.5, and from logits its gradient is small: it is 0 in float32 if the
    logits differ by 100. For probabilities, p = 0 where t > 0 has a large gradient,
    -87 (1 - b), while the exact one is infinite. Infinite logits have gradient 0: p is
    1 at inf (shared evenly if there are several) and 0 at -inf, also if all logits are
    -inf. Negative labels and probabilities count as 0. A single column has one term
    only, that of the column: for a binary distribution pass two columns.

    Raises:
        ValueError: for beta outside (0, 1), indices that are not whole or out of range,
            weights of the wrong length, or shapes that do not fit; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.JensenShannon()
        >>> round(float(loss([1], [[1.0, 0.0]])), 4)
        0.6931

    Reference:
        Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on
        Information Theory 37, 1991, section 4; as a loss: Englesson and Azizpour,
        "Generalized Jensen-Shannon divergence loss for learning with noisy labels",
        NeurIPS 2021, arXiv:2105.04522.

    Differs: from Englesson and Azizpour, who divide it by -(1 - b) log(1 - b).
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"

    def __init__(self, *, beta: Number = 0.5, **common: Unpack[ClassArguments]) -> None:
        super().__init__(**common)
        self.beta = arguments.number(self, "beta", beta, above=0, below=1)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        p = ops.clip(probabilities(y_pred, self.from_logits), 0.0, None)
        t, valid = dense(y_true, p)
        t = ops.clip(t, 0.0, None)
        b = ops.convert_to_tensor(self.beta, dtype=p.dtype)
        m, gap = b * t + (1.0 - b) * p, t - p
        log_t, log_p, log_m = ops.log(t), ops.log(p), ops.log(m)
        # t - m == (1 - b) gap and p - m == -b gap. Their sum with the weights b and
        # 1 - b is 0, so each term can be a deviance, which is never negative.
        of_t = deviance(t, m, (1.0 - b) * gap, log_t - log_m)
        of_p = deviance(p, m, -b * gap, log_p - log_m)
        terms = b * of_t + (1.0 - b) * of_p
        absent = -(1.0 - b) * ops.log1p(-b) * p  # the term at t = 0
        terms = self.weighted(ops.where(t == 0, absent, terms))
        return or_nan(ops.sum(terms, axis=-1), valid)
