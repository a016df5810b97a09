"""Hinge losses of binary targets."""

from collections.abc import Sequence
from typing import Any

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.signature import ClassWeights, DType, Number, Reduction
from portable_losses.core.vectors import as_vector, is_vector
from portable_losses.losses.classification._shared import ClassLoss, mean_of_kept
from portable_losses.ops.classes import like


class Hinge(ClassLoss):
    """Hinge loss (SVM loss, maximum-margin loss).

    It penalizes scores that are not at least 1 on the right side of 0.

    With y the label, -1 or 1, and p the score, any real number, the item is the mean
    over the last axis of

        w max(0, 1 - y p)

    Labels that are all 0 or 1 are read as -1 and 1.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight w per column, or `{column: weight}` with 1 for the
            rest. The mean divides by the number of columns.
        pos_weight: weight >= 0 of the columns labeled 1; a number, or one per column.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: a margin of exactly 1 costs 0 with gradient 0. If a batch has labels
    other than 0 and 1, a label of 0 is used as 0, and costs 1 for every score. Labels
    that are ignored, masked, NaN or of weight 0 have no influence on how the others are
    read.

    Raises:
        ValueError: for a negative weight, weights of the wrong length, or shapes that
            differ.

    Example:
        >>> loss = portable_losses.Hinge()
        >>> float(loss([[0, 1]], [[0.5, 0.5]]))
        1.0

    Reference:
        Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995.

    Differs: from Keras at a margin of exactly 1, where the gradient of Keras is that of
    a smaller margin on TensorFlow, and half of it on JAX and torch; and for shapes that
    Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            class_weights=class_weights,
            pos_weight=pos_weight,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        y, p, counted = _signs(self, y_true, y_pred, kept)
        return _weighted_mean(self, y, ops.relu(1.0 - y * p), counted)


class SquaredHinge(ClassLoss):
    """Squared hinge loss (L2-SVM loss).

    It penalizes, by the square, scores that are not at least 1 on the right side of 0.

    With y the label, -1 or 1, and p the score, any real number, the item is the mean
    over the last axis of

        w max(0, 1 - y p)^2

    Labels that are all 0 or 1 are read as -1 and 1.

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        class_weights: one weight w per column, or `{column: weight}` with 1 for the
            rest. The mean divides by the number of columns.
        pos_weight: weight >= 0 of the columns labeled 1; a number, or one per column.
        ignore_class: elements of y_true with this value are masked; the mean is over
            the other elements, and over the items that have any.

    Edge cases: see Hinge; value and gradient are continuous at a margin of 1.

    Raises:
        ValueError: for a negative weight, weights of the wrong length, or shapes that
            differ.

    Example:
        >>> loss = portable_losses.SquaredHinge()
        >>> float(loss([[-1, 1]], [[0.5, 0.5]]))
        1.25

    Differs: from Keras for shapes that Keras broadcasts, which raise ValueError here.
    """

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: DType = None,
        *,
        class_weights: ClassWeights = None,
        pos_weight: Number | Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            class_weights=class_weights,
            pos_weight=pos_weight,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        y, p, counted = _signs(self, y_true, y_pred, kept)
        return _weighted_mean(self, y, ops.square(ops.relu(1.0 - y * p)), counted)


def _signs(loss: Any, y_true: Any, y_pred: Any, kept: Any) -> tuple[Any, Any, Any]:
    """Labels as -1 and 1, scores, and which elements count (None: all).

    As in Keras, labels are read as 0 and 1 only if all labels that count are 0 or 1.
    """
    y, counted = like(y_true, y_pred), None
    # One NaN must not change how the labels of other samples are read.
    is_binary = ops.logical_or(ops.logical_or(y == 0, y == 1), ops.isnan(y))
    if loss.ignore_class is not None:
        counted = y != loss.ignore_class
        is_binary = ops.logical_or(is_binary, ops.logical_not(counted))
        y_pred = ops.where(counted, y_pred, 0.5)
    if kept is not None:
        is_binary = ops.logical_or(is_binary, ops.logical_not(_of_elements(kept, y)))
    return ops.where(ops.all(is_binary), 2.0 * y - 1.0, y), y_pred, counted


def _of_elements(kept: Any, y: Any) -> Any:
    """A mask of items or elements, with axes that broadcast against the elements."""
    missing = tuple(range(len(kept.shape), len(y.shape)))
    return ops.expand_dims(kept, missing) if missing else kept


def _weighted_mean(loss: Any, y: Any, terms: Any, counted: Any) -> Any:
    owner, columns = type(loss).__name__, y.shape[-1]
    positive = loss.pos_weight
    if is_vector(positive):
        positive = checks.fit_length(owner, "pos_weight", positive, columns)
    if positive is not None:
        positive = as_vector(positive, y.dtype)
        terms = terms * ops.where(y > 0, positive, ops.ones_like(positive))
    return mean_of_kept(loss, loss.weighted(terms), counted)
