"""Proxy-anchor loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.ops.classes import valid_ids


class ProxyAnchor(Loss):
    """Proxy-anchor loss.

    It penalizes classes whose proxy, a learned vector, is far from samples of the class
    or close to other samples; the hardest samples of a batch count most.

    With c_ik the cosine of sample i with the proxy of class k, t_ik = 1 if the sample
    is of that class and else 0, and m the margin, the loss is

        mean_{k present} log(1 + sum_i t_ik exp(-scale (c_ik - m)))
        + mean_k log(1 + sum_i (1 - t_ik) exp(scale (c_ik + m)))

    where a class is present if the batch has a sample of it. The loss is a statistic,
    since each logarithm contains a sum over the batch.

    Shapes: `y_pred` is `(B, C)`, cosines, which `portable_losses.CosineDense(C)`
    computes from embeddings; `y_true` is `(B,)` or `(B, 1)`, class indices, or one-hot,
    multi-hot or soft labels `(B, C)`.

    Args:
        margin: >= 0, a difference of cosines.
        scale: > 0, the factor of the cosines.

    Edge cases: masked samples are removed from the batch. A mask of shape `(B, C)`
    removes cosines from the sums. If all are masked the loss is 0 with gradient 0. The
    second mean is over all classes, also over a class of which all samples are. A class
    index out of range raises ValueError in eager mode, and gives NaN in compiled code.

    Several devices: under `tf.distribute` each replica sums over its part of the batch,
    and the result is the mean over the replicas: use large batches. With
    `keras.distribution` the loss has the whole batch.

    Raises:
        ValueError: for a margin below 0, a scale that is not > 0, labels that do not
            fit y_pred, a y_pred that is not `(B, C)` or, at the first call in eager
            mode, does not hold cosines, and sample weights, which a statistic cannot
            have.

    Example:
        >>> loss = portable_losses.ProxyAnchor(margin=0.1, scale=1.0)
        >>> cosines = [[0.8, 0.6], [0.0, 1.0]]
        >>> round(float(loss([0, 1], cosines)), 4)
        1.296

    Reference:
        Kim, Kim, Cho, Kwak, "Proxy anchor loss for deep metric learning", CVPR 2020,
        arXiv:2003.13911, equation 4.
    """

    targets = "classes"
    prediction_domain = "cosines"
    target_domain = "probabilities"
    per_sample_form = "CosFace"
    _class_axis = True

    def __init__(
        self,
        *,
        margin: Number = 0.1,
        scale: Number = 32.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.margin = arguments.number(self, "margin", margin, at_least=0)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        if len(y_pred.shape) != 2:
            rule, remedy = "cosines of shape (B, C)", "flatten the samples"
            shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
            errors.fail(self, "y_pred", rule, shown, remedy)
        if y_pred.shape[0] == 0:
            return ops.sum(y_pred)  # without samples there is no maximum
        t = self._labels(y_true, y_pred)
        of_class, of_others = t, 1.0 - t
        if kept is not None:
            kept = ops.expand_dims(kept, 1) if len(kept.shape) == 1 else kept
            of_class, of_others = (
                ops.where(kept, x, 0.0) for x in (of_class, of_others)
            )
        far = _log_sum(of_class, -self.scale * (y_pred - self.margin))
        near = _log_sum(of_others, self.scale * (y_pred + self.margin))
        present = ops.cast(ops.any(of_class > 0, axis=0), y_pred.dtype)
        far = ops.divide(ops.sum(present * far), ops.sum(present))
        return far + ops.mean(near)

    def _labels(self, y_true: Any, y_pred: Any) -> Any:
        """One-hot or soft labels `(B, C)`."""
        if len(y_true.shape) == 2:
            return y_true
        classes = y_pred.shape[-1]
        ids = ops.expand_dims(y_true, 1)
        one_hot = ops.cast(ops.equal(ops.arange(classes), ids), y_pred.dtype)
        return ops.where(valid_ids(ids, classes), one_hot, float("nan"))


def _log_sum(weight: Any, exponent: Any) -> Any:
    """log(1 + sum_i weight_i exp(exponent_i)) over axis 0; a NaN weight gives NaN."""
    none = weight == 0
    log_weight = ops.log(ops.where(none, 1.0, weight))
    terms = ops.where(none, -float("inf"), log_weight + exponent)
    return ops.softplus(ops.logsumexp(terms, axis=0))
