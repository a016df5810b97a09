"""Focal cross-entropy: binary, categorical (dense rows) and sparse (class ids)."""

from collections.abc import Sequence
from typing import Any

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.classes import (
    Times,
    carefully,
    like,
    pick,
    take,
    times,
    weight_vector,
)
from portable_losses.core.loss import Loss
from portable_losses.core.moving import as_vector, is_vector, is_zero
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._shared import (
    binary_crossentropy,
    binary_targets,
    cost_of,
    focused,
    keep_rows,
    mean_of_kept,
    of_log_probabilities,
    opposed,
    opposed_crossentropy,
    positive_weight,
    smoothed,
)


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy that plays down the targets it gets right.

    With p the probability (the sigmoid of a logit), t the smoothed target and
    p_t = t p + (1 - t)(1 - p), the item is the mean over `axis` of

        -w a (1 - p_t)^gamma (pos_weight t log p + (1 - t) log(1 - p))

    where a = 1, or t alpha + (1 - t)(1 - alpha) with `apply_class_balancing`.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        apply_class_balancing: whether to weigh by alpha.
        alpha: weight in [0, 1] of the positive targets; the others weigh 1 - alpha.
        gamma: exponent >= 0; 0 is plain binary cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact, with a live gradient, up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / 2.
        axis: the axis an item averages over.
        class_weights: one weight w per entry of `axis`, or `{entry: weight}` with 1
            for the rest. The divisor stays the number of entries.
        pos_weight: weight >= 0 of the positive term; a number, or one per entry.
        ignore_class: elements of y_true with this value are left out; the mean is over
            the elements, and then over the items, that are left.

    Edge cases: the logarithm of a probability is taken within [1e-7, 1 - 1e-7] (Keras's
    epsilon): a wrong 0 or 1 costs 16.118. Where 1 - p_t = 0, the gradient is 0.
    Logits may be infinite, as in BinaryCrossentropy.

    Raises:
        ValueError: for alpha or label_smoothing outside [0, 1], a negative gamma or
            weight, weights of the wrong length, or shapes that differ; and, see `Loss`,
            for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.BinaryFocalCrossentropy(from_logits=True)
        >>> float(loss([[1]], [[-200.0]]))
        200.0

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equations 4 and 5.

    Differs: from Keras from logits, where Keras clips the probability: y = 1 at a logit
    of -200 costs 16.118 there without a gradient on JAX and torch; and in log(1 - p),
    which is taken of a clipped 1 - p, as in BinaryCrossentropy.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: Number = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.apply_class_balancing = arguments.flag(
            self, "apply_class_balancing", apply_class_balancing
        )
        self.alpha = arguments.number(self, "alpha", alpha, at_least=0, at_most=1)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)
        self.from_logits = arguments.flag(self, "from_logits", from_logits)
        self.label_smoothing = arguments.number(
            self, "label_smoothing", label_smoothing, at_least=0, at_most=1
        )
        self.axis = arguments.integer(self, "axis", axis)
        self.class_weights = arguments.class_weights(self, class_weights)
        self.pos_weight = arguments.pos_weight(self, pos_weight)
        self.ignore_class = arguments.ignore_class(self, ignore_class)

    def feature_axis(self) -> int:
        return self.axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t, x, kept, hard = binary_targets(self, y_true, y_pred)
        w = weight_vector(type(self).__name__, self.class_weights, x.shape[-1], x.dtype)

        def items_of(careful: bool) -> Any:
            terms = self._focal(t, x, hard, careful)
            if self.apply_class_balancing:
                balance = t * (2.0 * self.alpha - 1.0) + (1.0 - self.alpha)
                terms = times(balance, terms) if careful else balance * terms
            return mean_of_kept(self, terms if w is None else times(w, terms), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)

    def _focal(self, t: Any, x: Any, hard: bool, careful: bool) -> Any:
        """(1 - p_t)^gamma times the cross-entropy."""
        positive = positive_weight(self, x)
        if not self.from_logits:
            wrong = t + (1.0 - 2.0 * t) * x  # 1 - p_t
            crossentropy = binary_crossentropy(t, x, False, positive)
            return ops.power(wrong, self.gamma) * crossentropy
        s, turn, d = opposed(t, x, hard)
        wrong = ops.sigmoid(s)  # 1 - p_t
        if d is not None:
            e = turn * d
            wrong = e + (1.0 - 2.0 * e) * wrong
        if positive is None:
            crossentropy = opposed_crossentropy(x, s, d, careful)
        else:
            crossentropy = binary_crossentropy(t, x, True, positive, careful)
        focus = ops.power(wrong, self.gamma)
        return focused(focus, crossentropy) if careful else focus * crossentropy


class SigmoidFocal(BinaryFocalCrossentropy):
    """Focal loss of independent yes/no targets, as detectors use it.

    BinaryFocalCrossentropy with class balancing on: with p the probability, t the
    target and p_t = t p + (1 - t)(1 - p), the item is the mean over the last axis of

        -(t alpha + (1 - t)(1 - alpha)) (1 - p_t)^gamma (t log p + (1 - t) log(1 - p))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight in [0, 1] of the positive targets; the others weigh 1 - alpha.
        gamma: exponent >= 0.
        from_logits: whether y_pred holds logits, which is what detectors put out, or
            probabilities.
        label_smoothing, axis, class_weights, pos_weight, ignore_class: as in
            BinaryFocalCrossentropy.

    Edge cases: as in BinaryFocalCrossentropy.

    Raises:
        ValueError: as BinaryFocalCrossentropy.

    Example:
        >>> loss = portable_losses.SigmoidFocal(from_logits=True)
        >>> float(loss([[1]], [[-200.0]]))
        50.0

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5.

    Differs: from the paper, which divides the sum by the number of anchors assigned to
    an object, in taking the mean: use reduction="sum" for a divisor of your own.
    """

    def __init__(
        self,
        *,
        alpha: Number = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(
            apply_class_balancing=True,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            reduction=reduction,
            name=name,
            dtype=dtype,
            class_weights=class_weights,
            pos_weight=pos_weight,
            ignore_class=ignore_class,
        )


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy that plays down the rows it gets right.

    With p the class probabilities (the softmax of logits) and t the smoothed row, the
    item is

        -sum_c w_c alpha_c (1 - p_c)^gamma t_c log p_c

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of every class, or a sequence of one per class.
        gamma: exponent >= 0; 0 is categorical cross-entropy times alpha.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / C.
        axis: the class axis.
        class_weights: one weight w per class, or `{class id: weight}` with 1 for the
            rest. They multiply the class's term; the divisor stays the count.
        ignore_class: rows whose argmax is this class are left out of the mean.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so that
    a wrong 0 costs alpha 16.118 and has no gradient; a row of zeros likewise. Prefer
    logits, which may be infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for a negative alpha, gamma or weight, alphas or weights of the
            wrong length, a label_smoothing outside [0, 1], or shapes that differ; and,
            see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.CategoricalFocalCrossentropy(from_logits=True)
        >>> round(float(loss([[0, 1]], [[0.0, 0.0]])), 6)
        0.043322

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5, over the softmax in place of the sigmoid.

    Differs: from Keras from logits, where Keras clips the softmax: at logits
    (-30, 0, 0) class 0 has no gradient there.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        alpha: Number | Sequence[float] = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.alpha = arguments.number_or_vector(self, "alpha", alpha, at_least=0)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)
        self.from_logits = arguments.flag(self, "from_logits", from_logits)
        self.label_smoothing = arguments.number(
            self, "label_smoothing", label_smoothing, at_least=0, at_most=1
        )
        self.axis = arguments.integer(self, "axis", axis)
        self.class_weights = arguments.class_weights(self, class_weights)
        self.ignore_class = arguments.ignore_class(self, ignore_class)

    def feature_axis(self) -> int:
        return self.axis

    def keep(self, y_true: Any) -> Any | None:
        return keep_rows(y_true, self.ignore_class)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = smoothed(like(y_true, y_pred), self.label_smoothing, y_pred.shape[-1])
        scale, vector = scale_of_classes(self, y_pred)
        t = t if vector is None else t * vector

        def items_of(log_p: Any, times: Times) -> Any:
            return ops.sum(times(t, focal(log_p, self.gamma)), axis=-1)

        items = of_log_probabilities(y_pred, self.from_logits, items_of)
        return times(scale, items)


class SparseCategoricalFocalCrossentropy(Loss):
    """Categorical focal cross-entropy of classes given as ids.

    With p the class probabilities (the softmax of logits) and y the id, the item is

        -w_y alpha_y (1 - p_y)^gamma log p_y

    and with label smoothing that of CategoricalFocalCrossentropy for the smoothed row.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, whole ids in [0, C); `y_pred` is
    `(B, ..., C)`; items are `(B, ...)`.

    Args:
        alpha: weight >= 0 of every class, or a sequence of one per class.
        gamma: exponent >= 0; 0 is sparse categorical cross-entropy times alpha.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        ignore_class: items of this class, such as -1 or 255 for "void", are left out of
            the mean; it may lie outside [0, C).
        axis: the class axis.
        label_smoothing: in [0, 1]; see CategoricalFocalCrossentropy.
        class_weights: one weight w per class, or `{class id: weight}` with 1 for the
            rest. They multiply the class's term; the divisor stays the count.

    Edge cases: ids are exact in every `dtype`. An id out of range is refused where its
    value can be seen and makes the loss NaN inside compiled code. Probabilities are
    clipped, and logits may be infinite, as in CategoricalFocalCrossentropy.

    Raises:
        ValueError: for ids that are not whole or out of range, one-hot rows, alphas or
            weights of the wrong length or negative, a negative gamma, or a
            label_smoothing outside [0, 1]; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.SparseCategoricalFocalCrossentropy(from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 6)
        0.043322

    Reference:
        Lin, Goyal, Girshick, He, Dollar, "Focal Loss for Dense Object Detection", 2017,
        arXiv 1708.02002, equation 5, over the softmax in place of the sigmoid.

    Differs: from Keras, which has this loss from 3.16 on, from logits, where Keras
    clips the softmax: a logit of -30 against 0 has no gradient there; and in rejecting
    ids out of range where their value can be seen.
    """

    targets = "ids"
    prediction_domain = "class probabilities"

    def __init__(
        self,
        alpha: Number | Sequence[float] = 0.25,
        gamma: Number = 2.0,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "sparse_categorical_focal_crossentropy",
        dtype: DType = None,
        *,
        label_smoothing: Number = 0.0,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.alpha = arguments.number_or_vector(self, "alpha", alpha, at_least=0)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0)
        self.from_logits = arguments.flag(self, "from_logits", from_logits)
        self.ignore_class = arguments.ignore_class(self, ignore_class)
        self.axis = arguments.integer(self, "axis", axis)
        self.label_smoothing = arguments.number(
            self, "label_smoothing", label_smoothing, at_least=0, at_most=1
        )
        self.class_weights = arguments.class_weights(self, class_weights)

    def feature_axis(self) -> int:
        return self.axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        scale, vector = scale_of_classes(self, y_pred)
        s = self.label_smoothing
        plain = is_zero(s)
        if plain:
            items = focal(-cost_of(y_true, y_pred, self.from_logits), self.gamma)
            items = items if vector is None else times(take(vector, y_true), items)
            return times(scale, items)

        # sum_c t_c f_c with t = (1 - s) one_hot(y) + s / C
        def items_of(log_p: Any, times: Times) -> Any:
            terms = focal(log_p, self.gamma)
            terms = terms if vector is None else times(vector, terms)
            return times(1.0 - s, pick(terms, y_true)) + times(s, ops.mean(terms, -1))

        items = of_log_probabilities(y_pred, self.from_logits, items_of)
        return times(scale, items)


def focal(log_p: Any, gamma: Any) -> Any:
    """-(1 - p)^gamma log p, of the logarithm of p."""
    return focused(ops.power(-ops.expm1(log_p), gamma), -log_p)


def scale_of_classes(
    loss: CategoricalFocalCrossentropy | SparseCategoricalFocalCrossentropy,
    y_pred: Any,
) -> tuple[Any, Any | None]:
    """Alpha times the class weights: a number for all, and a vector or None."""
    owner, classes = type(loss).__name__, y_pred.shape[-1]
    w = weight_vector(owner, loss.class_weights, classes, y_pred.dtype)
    if not is_vector(loss.alpha):
        return loss.alpha, w
    alpha = checks.fit_length(owner, "alpha", loss.alpha, classes)
    alpha = as_vector(alpha, y_pred.dtype)
    return 1.0, alpha if w is None else alpha * w
