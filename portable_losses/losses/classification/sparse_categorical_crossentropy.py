"""Cross-entropy of class indices."""

from typing import Any

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.moving import is_zero
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.losses.classification._shared import (
    ClassLoss,
    cost_of,
    of_log_probabilities,
)
from portable_losses.ops.classes import (
    Times,
    times,
)


class SparseCategoricalCrossentropy(ClassLoss):
    """Sparse categorical cross-entropy (softmax loss of class indices, NLL).

    It penalizes a low probability of the right class, by the negative log-likelihood of
    class indices.

    With p the class probabilities (the softmax of logits) and y the class index, the
    item is

        -w_y log p_y

    With label smoothing it is the item of CategoricalCrossentropy for the smoothed
    one-hot label.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C);
    `y_pred` is `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        ignore_class: items of this class, such as -1 or 255 for "void", are excluded
            from the mean; it may lie outside [0, C).
        axis: the class axis.
        label_smoothing: in [0, 1]; see CategoricalCrossentropy.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term; the mean divides by the item count.

    Edge cases: indices are exact in every `dtype`. An index out of range raises
    ValueError in eager mode, and makes the loss NaN in compiled code. Probabilities are
    clipped, and logits may be infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for indices that are not whole or out of range, one-hot labels,
            weights of the wrong length, or a label_smoothing outside [0, 1]; and, see
            `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)
        0.6931

    Differs: from Keras, where a loss with dtype="bfloat16" rounds class 257 to 256, and
    where an index out of range costs 0 on JAX. Here indices are exact, and those out of
    range are rejected. The arguments have the order of Keras 3.16; Keras 3.15 has no
    label_smoothing, so its name and dtype are one position earlier.
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
        arguments.store(
            self,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        loss = cost_of(y_true, y_pred, self.from_logits)
        loss = self.weighted_by(y_true, loss, y_pred)
        smoothing = self.label_smoothing
        if is_zero(smoothing):
            return loss

        # sum_c t_c w_c log p_c with t = (1 - s) one_hot(y) + s / C
        def everywhere(log_p: Any, times: Times) -> Any:
            return -ops.mean(self.weighted(log_p, times), axis=-1)

        rest = of_log_probabilities(y_pred, self.from_logits, everywhere)
        return times(1.0 - smoothing, loss) + times(smoothing, rest)
