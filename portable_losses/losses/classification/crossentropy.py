"""Cross-entropy: binary, categorical (dense rows) and sparse (class ids)."""

from collections.abc import Sequence
from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.classes import (
    Times,
    carefully,
    like,
    take,
    times,
    weight_vector,
)
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._shared import (
    binary_crossentropy,
    binary_targets,
    cost_of,
    keep_rows,
    mean_of_kept,
    of_log_probabilities,
    opposed,
    opposed_crossentropy,
    positive_weight,
    smoothed,
)


class BinaryCrossentropy(Loss):
    """Negative log-likelihood of independent yes/no targets.

    With p the probability (the sigmoid of a logit) and t the smoothed target, the item
    is the mean over `axis` of

        -w (pos_weight t log p + (1 - t) log(1 - p))

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities in
            [0, 1]. Logits are exact, with a live gradient, up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / 2.
        axis: the axis an item averages over.
        class_weights: one weight w per entry of `axis`, or `{entry: weight}` with 1
            for the rest. The divisor stays the number of entries.
        pos_weight: weight >= 0 of the positive term; a number, or one per entry.
        ignore_class: elements of y_true with this value are left out; the mean is over
            the elements, and then over the items, that are left.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so that
    a wrong 0 or 1 costs 16.118 and has no gradient. Prefer logits: an infinite one, of
    a mask for instance, costs 0 and has no gradient where it is right (inf at t = 1,
    -inf at t = 0), and costs inf at any other t. No gradient is NaN.

    Raises:
        ValueError: for a label_smoothing outside [0, 1], a negative weight, weights of
            the wrong length, or shapes that differ; and, see `Loss`, for logits in
            place of probabilities.

    Example:
        >>> loss = portable_losses.BinaryCrossentropy(from_logits=True)
        >>> float(loss([[1.0]], [[-200.0]]))
        200.0

    Differs: from Keras in log(1 - p), which is taken of a clipped 1 - p: p = 1 costs
    16.118 in float32 as in float64, where Keras's rounding makes it 15.942.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _whole_targets = True

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
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
        positive = positive_weight(self, x)
        w = weight_vector(
            type(self).__name__, self.class_weights, y_pred.shape[-1], y_pred.dtype
        )

        def items_of(careful: bool) -> Any:
            if self.from_logits and positive is None:
                s, _, d = opposed(t, x, hard)
                terms = opposed_crossentropy(x, s, d, careful)
            else:
                args = (self.from_logits, positive, careful)
                terms = binary_crossentropy(t, x, *args)
            return mean_of_kept(self, terms if w is None else times(w, terms), kept)

        return carefully(x, items_of) if self.from_logits else items_of(False)


class CategoricalCrossentropy(Loss):
    """Negative log-likelihood of classes given as rows (one-hot or soft).

    With p the class probabilities (the softmax of logits) and t the smoothed row, the
    item is

        -sum_c w_c t_c log p_c

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        label_smoothing: in [0, 1]; t = y (1 - label_smoothing) + label_smoothing / C.
        axis: the class axis.
        class_weights: one weight w per class, or `{class id: weight}` with 1 for the
            rest. They multiply the class's term; the divisor stays the count.
        ignore_class: rows whose argmax is this class are left out of the mean.

    Edge cases: probabilities are clipped to [1e-7, 1 - 1e-7] (Keras's epsilon), so that
    a wrong 0 costs 16.118 and has no gradient; a row of zeros likewise. Prefer logits:
    those of -inf, of a mask for instance, cost 0 and have no gradient where t = 0, and
    cost inf at any other t, smoothed ones included. A logit of inf is certain: it costs
    inf unless t = 0 elsewhere; several in a row share p evenly. A row of nothing but
    -inf costs inf. No gradient is NaN.

    Raises:
        ValueError: for a label_smoothing outside [0, 1], a negative weight, weights of
            the wrong length, or shapes that differ; and, see `Loss`, for logits in
            place of probabilities.

    Example:
        >>> loss = portable_losses.CategoricalCrossentropy(from_logits=True)
        >>> round(float(loss([[0.0, 1.0]], [[0.0, 0.0]])), 4)
        0.6931

    Differs: from Keras on TensorFlow, whose gradient from logits is wrong for rows
    that do not sum to 1.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: Number = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
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
        classes = y_pred.shape[-1]
        t = smoothed(like(y_true, y_pred), self.label_smoothing, classes)
        w = weight_vector(
            type(self).__name__, self.class_weights, classes, y_pred.dtype
        )
        t = t if w is None else t * w

        def items_of(log_p: Any, times: Times) -> Any:
            return -ops.sum(times(t, log_p), axis=-1)

        return of_log_probabilities(y_pred, self.from_logits, items_of)


class SparseCategoricalCrossentropy(Loss):
    """Negative log-likelihood of classes given as ids.

    With p the class probabilities (the softmax of logits) and y the id, the item is

        -w_y log p_y

    and with label smoothing that of CategoricalCrossentropy for the smoothed row.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, whole ids in [0, C); `y_pred` is
    `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        ignore_class: items of this class, such as -1 or 255 for "void", are left out of
            the mean; it may lie outside [0, C).
        axis: the class axis.
        label_smoothing: in [0, 1]; see CategoricalCrossentropy.
        class_weights: one weight w per class, or `{class id: weight}` with 1 for the
            rest. They multiply the class's term; the divisor stays the count.

    Edge cases: ids are exact in every `dtype`. An id out of range is refused where its
    value can be seen and makes the loss NaN inside compiled code. Probabilities are
    clipped, and logits may be infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for ids that are not whole or out of range, one-hot rows, weights of
            the wrong length, or a label_smoothing outside [0, 1]; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)
        0.6931

    Differs: from Keras in exact ids (a Keras loss with dtype="bfloat16" scores class
    257 as 256) and in refusing ids out of range, which cost 0 there on JAX. The
    arguments have the order of Keras 3.16; Keras 3.15 has no label_smoothing, and its
    name and dtype stand a place earlier.
    """

    targets = "ids"
    prediction_domain = "class probabilities"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: Reduction | None = "sum_over_batch_size",
        axis: int = -1,
        label_smoothing: Number = 0.0,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
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
        owner, classes = type(self).__name__, y_pred.shape[-1]
        w = weight_vector(owner, self.class_weights, classes, y_pred.dtype)
        loss = cost_of(y_true, y_pred, self.from_logits)
        loss = loss if w is None else times(take(w, y_true), loss)
        smoothing = self.label_smoothing
        if is_zero(smoothing):
            return loss

        # sum_c t_c w_c log p_c with t = (1 - s) one_hot(y) + s / C
        def everywhere(log_p: Any, times: Times) -> Any:
            return -ops.mean(log_p if w is None else times(w, log_p), axis=-1)

        rest = of_log_probabilities(y_pred, self.from_logits, everywhere)
        return times(1.0 - smoothing, loss) + times(smoothing, rest)
