"""The asymmetric loss for one label per sample."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import ClassWeights, LossArguments, Number
from portable_losses.losses.classification._focal import focal
from portable_losses.losses.classification._shared import LabelLoss
from portable_losses.ops.classes import Times, like, of_log_softmax


class AsymmetricSingleLabel(LabelLoss):
    """Asymmetric loss of one label per sample (ASL for single-label classification).

    It is cross-entropy with label smoothing and two focusing weights: one reduces the
    cost of a high probability of the sample's class, the other the cost of low
    probabilities of the other classes.

    With p the softmax of the logits, s = `label_smoothing` and k the class, the item is

        -w_k (1 - s + s / C) (1 - p_k)^gamma_pos log p_k
        - s / C sum_{c != k} w_c p_c^gamma_neg log p_c

    Shapes: `y_pred` is `(B, ..., C)`; `y_true` has its shape (one-hot or soft labels),
    or is `(B, ...)` or `(B, ..., 1)` with class indices. Items are `(B, ...)`.

    Args:
        gamma_neg: exponent >= 0 of the classes that are not the sample's; it has no
            effect without label smoothing.
        gamma_pos: exponent >= 0 of the class of the sample.
        label_smoothing: s, in [0, 1]. With s and gamma_pos 0 this is cross-entropy.
        from_logits: must be True: the loss takes logits only.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.
        ignore_class: items of this class, such as -1 or 255 for "void", are excluded
            from the mean; of one-hot or soft labels the argmax counts.

    Edge cases: the cost of a soft label is the mean of the costs of its classes. Logits
    are exact up to 1e4 and beyond, and may be infinite, as in CategoricalCrossentropy:
    a logit of -inf of another class costs nothing, unless gamma_neg is 0. An index out
    of range raises ValueError in eager mode, and makes the loss NaN in compiled code.

    Raises:
        ValueError: for from_logits=False, a negative exponent, a label_smoothing
            outside [0, 1], class indices that are not whole or out of range, weights of
            the wrong length, or shapes that do not fit.

    Example:
        >>> loss = portable_losses.AsymmetricSingleLabel()
        >>> round(float(loss([1], [[0.0, 0.0]])), 6)  # (0.95 + 0.05 / 2^4) log 2
        0.660656

    Reference:
        Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter, Zelnik-Manor, "Asymmetric
        Loss For Multi-Label Classification", ICCV 2021, arXiv:2009.14119; the authors'
        code (ASLSingleLabel), which goes beyond the paper.

    Differs: from the authors' code, which rejects soft labels.
    """

    prediction_domain = "logits"
    target_domain = "probabilities"

    def __init__(
        self,
        *,
        gamma_neg: Number = 4.0,
        gamma_pos: Number = 0.0,
        label_smoothing: Number = 0.1,
        from_logits: bool = True,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(
            from_logits=arguments.logits_alone(self, from_logits),
            class_weights=class_weights,
            ignore_class=ignore_class,
            **common,
        )
        self.gamma_neg = arguments.number(self, "gamma_neg", gamma_neg, at_least=0)
        self.gamma_pos = arguments.number(self, "gamma_pos", gamma_pos, at_least=0)
        arguments.store(self, label_smoothing=label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        s, classes = self.label_smoothing, y_pred.shape[-1]

        def items_of(log_p: Any, times: Times) -> Any:
            costs = self.weighted(focal(log_p, self.gamma_pos), times)
            items = self.of_labels(y_true, costs, times)
            if is_zero(s):
                return items
            costs = self.weighted(self._of_others(log_p, times), times)
            others = _of_other_classes(y_true, costs, times)
            return times(1.0 - s + s / classes, items) + times(s / classes, others)

        return of_log_softmax(y_pred, items_of)

    def _of_others(self, log_p: Any, times: Times) -> Any:
        """-p^gamma_neg log p."""
        if is_zero(self.gamma_neg):
            return -log_p
        # p^gamma == exp(gamma log p), whose gradient does not overflow for a tiny p
        return times(ops.exp(times(self.gamma_neg, log_p)), -log_p)


def _of_other_classes(y_true: Any, costs: Any, times: Times) -> Any:
    """The sum over the classes that are not the item's, or sum_c (1 - t_c) cost_c."""
    if len(y_true.shape) == len(costs.shape):
        return ops.sum(times(1.0 - like(y_true, costs), costs), axis=-1)
    classes = ops.arange(costs.shape[-1], dtype=y_true.dtype)
    own = ops.expand_dims(y_true, -1) == classes
    return ops.sum(ops.where(own, 0.0, costs), axis=-1)
