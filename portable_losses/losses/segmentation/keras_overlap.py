"""Drop-in replacements for Keras's Dice and Tversky: one overlap over all of `axis`."""

from collections.abc import Iterable
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import DType, Number, Reduction
from portable_losses.losses.segmentation._sums import within
from portable_losses.losses.segmentation._targets import fitted
from portable_losses.ops.classes import like


class _KerasOverlap(Loss):
    """Base of both: sums over `axis`, and 0 where both regions are empty."""

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    axis: int | tuple[int, ...] | None

    def is_statistic(self, y_pred: Any) -> bool:
        return 0 in self._axes(y_pred)

    def _shared_axes(self, y_pred: Any) -> int:
        return max(min(self._axes(y_pred)), 1)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        t, p, axes = like(y_true, y_pred), y_pred, self._axes(y_pred)
        pixels = fitted(kept if 0 in axes else within(kept), p)
        if pixels is not None:
            t, p = ops.where(pixels, t, 0.0), ops.where(pixels, p, 0.0)
        overlap = ops.sum(t * p, axis=axes)
        true, pred = ops.sum(t, axis=axes), ops.sum(p, axis=axes)
        score = self.score(overlap, true, pred, keras.config.epsilon())
        return 1.0 - ops.where(true + pred == 0, 1.0, score)

    def score(self, overlap: Any, true: Any, pred: Any, epsilon: float) -> Any:
        """The quotient, given the sums of t p, of t and of p."""
        raise NotImplementedError

    def _axes(self, y_pred: Any) -> tuple[int, ...]:
        rank = len(y_pred.shape)
        if self.axis is None:
            return tuple(range(rank))
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        if self._columns is not None and self._columns.positions:
            # The trailing axis of size 1 that was squeezed may be in `axis`.
            axes = tuple(axis for axis in axes if axis != rank) or axes
        if any(not -rank <= axis < rank for axis in axes):
            rule = f"axes of y_pred, whose shape is {tuple(y_pred.shape)}"
            remedy = "choose existing axes"
            errors.fail(type(self).__name__, "axis", rule, self.axis, remedy)
        return tuple(sorted({axis % rank for axis in axes}))


def _axis(owner: str, axis: Any) -> int | tuple[int, ...] | None:
    if axis is None:
        return None
    if isinstance(axis, str) or not isinstance(axis, Iterable):
        return arguments.integer(owner, "axis", axis)
    axes = tuple(arguments.integer(owner, "axis", a) for a in axis)
    if not axes:
        errors.fail(owner, "axis", "None or some axes", axis, "None means all of them")
    return axes


class Dice(_KerasOverlap):
    """Dice loss of the whole batch (Keras's Dice).

    It penalizes a small overlap of the predicted and the true region of the whole
    batch.

    With t the target, p the prediction and sums over `axis`,

        1 - 2 sum t p / (sum t + sum p + epsilon)

    Shapes: `y_true` and `y_pred` are `(B, ...)`, of one shape. With `axis=None` the
    loss is a statistic; with axes other than the batch axis, such as `(1, 2, 3)`, items
    have the remaining axes, `(B,)`; else there is one statistic per remaining entry.

    Args:
        axis: the axes to sum over, an int or several; None for all, batch and classes
            included. Epsilon is Keras's (1e-7).

    Edge cases: t = p = 0 everywhere costs 0. An empty target with a prediction that is
    not 0 costs 1, with gradient 0. Masked elements are excluded from the sums.

    Raises:
        ValueError: if the shapes differ, if `axis` is no axis of y_pred, and for sample
            weights on a statistic; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.Dice(axis=(1, 2))
        >>> round(float(loss([[[1.0], [0.0]]], [[[0.5], [0.0]]])), 4)
        0.3333

    Reference:
        Milletari, Navab, Ahmadi, "V-Net: Fully convolutional neural networks for
        volumetric medical image segmentation", 2016, arXiv:1606.04797, section 3.

    Differs: from Keras, where two empty regions cost 1 (0 here), and where sample
    weights multiply a loss that is one number per batch (ValueError here). `SoftDice`
    has one value per sample, the mean over the classes.
    """

    per_sample_form = "SoftDice"

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.axis = _axis(type(self).__name__, axis)

    def score(self, overlap: Any, true: Any, pred: Any, epsilon: float) -> Any:
        return 2.0 * overlap / (true + pred + epsilon)


class Tversky(_KerasOverlap):
    """Tversky loss of the whole batch (Keras's Tversky).

    It penalizes a small overlap of the predicted and the true region of the whole
    batch, with one weight for false positives and one for false negatives.

    With t the target, p the prediction and sums over `axis`,

        TP = sum t p    FN = sum t (1 - p)    FP = sum (1 - t) p
        1 - TP / (TP + alpha FP + beta FN + epsilon)

    Shapes: `y_true` and `y_pred` are `(B, ...)`, of one shape; the items are those of
    `Dice`.

    Args:
        alpha: weight >= 0 of false positives.
        beta: weight >= 0 of false negatives. With both 0.5 it is Dice.
        axis: the axes to sum over, an int or several; None for all, batch and classes
            included. Epsilon is Keras's (1e-7).

    Edge cases: t = p = 0 everywhere costs 0. Summed over all classes of a softmax, FP
    and FN are equal for one-hot targets, and only alpha + beta matters: exclude the
    class axis from `axis`, or use `SoftTversky`.

    Raises:
        ValueError: for a negative alpha or beta, shapes that differ, an `axis` that is
            no axis of y_pred, and sample weights on a statistic; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.Tversky(alpha=0.1, beta=0.9, axis=(1,))
        >>> round(float(loss([[1.0, 1.0]], [[1.0, 0.0]])), 4)  # a false negative
        0.4737

    Reference:
        Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation using
        3D fully convolutional deep networks", 2017, arXiv:1706.05721.

    Differs: from Keras 3.15, where alpha is the weight of false negatives, contrary to
    the documentation of Keras. In Keras 3.16, in the paper, in `SoftTversky` and here
    it is the weight of false positives. For a model that was tuned on Keras 3.15,
    exchange alpha and beta. From all versions of Keras it differs as `Dice` does.
    """

    per_sample_form = "SoftTversky"

    def __init__(
        self,
        alpha: Number = 0.5,
        beta: Number = 0.5,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        owner = type(self).__name__
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0)
        self.beta = arguments.number(self, "beta", beta, at_least=0)
        self.axis = _axis(owner, axis)

    def score(self, overlap: Any, true: Any, pred: Any, epsilon: float) -> Any:
        false_positives = self.alpha * (pred - overlap)
        false_negatives = self.beta * (true - overlap)
        return overlap / (overlap + false_positives + false_negatives + epsilon)
