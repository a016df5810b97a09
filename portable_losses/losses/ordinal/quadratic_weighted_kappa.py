"""The quadratic weighted kappa of soft predictions."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.ordinal._labels import distributions, wrong_ids

LEAST = 1e-7


class QuadraticWeightedKappa(Loss):
    """Quadratic weighted kappa loss (weighted Cohen's kappa, QWK).

    It penalizes disagreement of ordered classes by the square of the class distance,
    relative to the disagreement of independent raters with the same marginals.

    With t the one-hot or soft label and p the class probabilities of n samples, sums
    over samples s, and w_ij = (i - j)^2,

        O_ij = sum_s t_si p_sj
        E_ij = (sum_s t_si) (sum_s p_sj) / n
        loss = sum_ij w_ij O_ij / sum_ij w_ij E_ij

    which is 1 - kappa, in [0, 2] for probabilities that sum to 1.

    Shapes: `y_pred` is `(B, ..., C)`; `y_true` is `(B, ...)` or `(B, ..., 1)`, class
    indices, or of y_pred's shape. The loss is a statistic over all positions.

    Args:
        num_classes: C >= 2, the number of ordered classes.
        log: whether the loss is log(max(1 - kappa, 1e-7)), in (-16.2, 0.7], whose
            gradient stays large as kappa tends to 1.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are used as they are.

    Edge cases: if all targets and all probabilities are of one class, the loss is 0 / 0
    = 0, with gradient 0. A single wrong sample costs 1, with gradient 0: batches must
    be large enough to estimate the marginals. Without samples the loss is 0. Masked
    samples are removed from the batch. An infinite logit means p = 1, or p = 0, with
    gradient 0. The gradient from logits vanishes where the softmax saturates on a
    wrong class, and that of the logarithm is 0 below 1e-7: add a cross-entropy from
    logits where that can happen.

    Raises:
        ValueError: for indices that are not whole or out of range (in compiled code the
            loss is NaN), num_classes < 2, a y_pred whose last axis is not num_classes,
            and sample weights, which a statistic cannot have; and, see `Loss`, for
            logits in place of probabilities.
        TypeError: if num_classes is not an int, or log or from_logits not a bool.

    Example:
        >>> loss = portable_losses.QuadraticWeightedKappa(num_classes=3)
        >>> p = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
        >>> round(float(loss([0, 1, 2], p)), 4)  # scikit-learn's kappa is 0.6667
        0.3333

    Reference:
        de la Torre, Puig and Valls, "Weighted kappa loss function for multi-class
        classification of ordinal data in deep learning", Pattern Recognition Letters
        105, 2018, doi 10.1016/j.patrec.2017.05.018.

    Differs: from the paper, whose loss is the logarithm, unless `log` is True.
    """

    targets = "classes"
    prediction_domain = "probabilities"
    target_domain = "probabilities"
    per_sample_form = "SquaredEarthMover"
    _class_axis = True

    def __init__(
        self,
        num_classes: int,
        *,
        log: bool = False,
        from_logits: bool = False,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.num_classes = arguments.integer(
            self, "num_classes", num_classes, at_least=2
        )
        self.log = arguments.flag(self, "log", log)
        self.from_logits = arguments.flag(self, "from_logits", from_logits)

    def class_count(self, y_pred: Any) -> int:
        return self.num_classes

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        classes = self.num_classes
        if y_pred.shape[-1] != classes:
            rule = f"the last axis of y_pred, of shape {tuple(y_pred.shape)}"
            remedy = "give y_pred one entry per class"
            errors.fail(self, "num_classes", rule, classes, remedy)
        t, p = distributions(y_true, y_pred, self.from_logits)
        wrong = wrong_ids(y_true, y_pred, kept)
        n = ops.ones_like(p[..., :1])
        if kept is not None:
            kept = expand(kept, len(p.shape))
            n, t, p = (ops.where(kept, x, 0.0) for x in (n, t, p))
        t, p = (ops.reshape(x, (-1, classes)) for x in (t, p))
        place = ops.arange(classes, dtype=p.dtype)
        w = ops.square(ops.expand_dims(place, 1) - place)
        observed = ops.sum(w * ops.matmul(ops.transpose(t), p))
        of_t, of_p = ops.sum(t, axis=0), ops.sum(p, axis=0)
        expected = ops.sum(w * ops.expand_dims(of_t, 1) * of_p)
        count = ops.sum(n)
        loss = ops.divide(observed * count, expected)
        # For one sample the sums are equal, so the loss is 1, or 0 if both are 0, and
        # its gradient 0. Rounding errors would change both.
        loss = ops.where(count > 1, loss, ops.stop_gradient(ops.round(loss)))
        if self.log:  # a NaN stays a NaN
            loss = ops.log(ops.where(loss <= LEAST, LEAST, loss))
            loss = ops.where(count > 0, loss, 0.0)
        return loss if wrong is None else ops.where(wrong, float("nan"), loss)
