"""Cross-entropy of the hardest items."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.axes import expand
from portable_losses.core.signature import Number
from portable_losses.losses.classification._labels import crossentropy
from portable_losses.losses.classification._shared import ClassArguments, LabelLoss
from portable_losses.ops.log_sums import INF

BITS = 4096.0  # 12 bits: a product of two such numbers is exact in float32


class TopKCrossentropy(LabelLoss):
    """Top-k cross-entropy (online hard example mining, OHEM, bootstrapped).

    It penalizes only the items that are predicted worst, by their cross-entropy.

    With l the cross-entropy of each item, as in CategoricalCrossentropy or
    SparseCategoricalCrossentropy, the loss is the mean of the k largest l of each
    sample. For n items that count,

        k = max(1, floor(fraction n + 0.0001))

    If a sample is a single item, the k largest of the batch are taken.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`; items are `(B, ...)`, with
    0 for those that are not taken.

    Args:
        fraction: in (0, 1]; 1 is cross-entropy.
        from_logits: whether y_pred holds logits, any real number, or probabilities,
            which are divided by their sum. Logits are exact up to 1e4 and beyond.
        class_weights: one weight per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term, before the largest are taken; the
            mean divides by the item count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded; it may lie outside [0, C).

    Edge cases: of equal items the first are taken. Items that are masked, ignored or of
    sample weight 0 are not taken, and do not count in n; a sample with no other items
    is excluded from the mean. Other sample weights multiply the items that are taken,
    and have no influence on which are taken. An item that is NaN counts as the largest.
    Probabilities are clipped, and logits may be infinite, as in
    CategoricalCrossentropy.

    Several devices: under `tf.distribute`, where a sample is a single item, each
    replica takes the largest of its own part of the batch. With `keras.distribution`
    the loss sees the whole batch.

    Raises:
        ValueError: for a fraction outside (0, 1], indices that are not whole or out of
            range (in compiled code the item is NaN), weights of the wrong length, or
            shapes that do not fit; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.TopKCrossentropy(fraction=0.5, from_logits=True)
        >>> round(float(loss([0, 0], [[0.0, 0.0], [3.0, 0.0]])), 4)  # log 2, no 0.0486
        0.6931

    Reference:
        Shrivastava, Gupta, Girshick, "Training Region-based Object Detectors with
        Online Hard Example Mining", CVPR 2016, arXiv 1604.03540; for pixels: Wu, Shen,
        van den Hengel, "Bridging Category-level and Instance-level Semantic Image
        Segmentation", 2016, arXiv 1605.06885, online bootstrapping.
    """

    prediction_domain = "class probabilities"
    target_domain = "probabilities"

    def __init__(
        self, *, fraction: Number = 0.1, **common: Unpack[ClassArguments]
    ) -> None:
        super().__init__(**common)
        self.fraction = arguments.number(self, "fraction", fraction, above=0, at_most=1)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        items = crossentropy(self, y_true, y_pred, self.from_logits)
        shape = tuple(items.shape)
        if self._columns is not None and self._columns.kept is not None:
            of_mask = tuple(self._columns.kept.shape)
            owner = type(self).__name__
            checks.leading_axes_fit(owner, "mask", of_mask, shape, "the items")
        if 0 in shape:
            return items, ops.ones_like(items, "bool")
        return items, _hardest(items, kept, self.fraction)


def _hardest(items: Any, kept: Any | None, fraction: Any) -> Any:
    """True for items that are among the k largest of their sample, or of the batch."""
    cost, some = ops.stop_gradient(items), ops.ones_like(items, "bool")
    if kept is not None:
        while len(kept.shape) > len(items.shape):
            kept = ops.any(kept, axis=-1)
        some = ops.logical_and(some, expand(kept, len(items.shape)))
    shape = ops.shape(items)
    single = all(size == 1 for size in items.shape[1:])
    rows = (1, math.prod(shape)) if single else (shape[0], math.prod(shape[1:]))
    cost, some = ops.reshape(cost, rows), ops.reshape(some, rows)
    # In a sample without kept items, the largest are taken. If its weight is 0, these
    # items count in the mean, as in every loss. If it is masked, `Loss` excludes it.
    some = ops.logical_or(some, ops.logical_not(ops.any(some, axis=-1, keepdims=True)))
    count = ops.sum(ops.cast(some, cost.dtype), axis=-1, keepdims=True)
    k = _number(count, fraction)
    # Negative costs are sorted in ascending order: first the items that are NaN or inf,
    # and last those that are not kept.
    order = ops.where(ops.isnan(cost), -INF, -cost)
    order = ops.where(some, order, INF)
    place = ops.arange(ops.shape(order)[-1], dtype="int32")
    first = ops.where(place < k, ops.sort(order, axis=-1), -INF)
    last = ops.max(first, axis=-1, keepdims=True)
    before, ties = order < last, order == last
    left = k - ops.sum(ops.cast(before, "int32"), axis=-1, keepdims=True)
    among = ops.cumsum(ops.cast(ties, "int32"), axis=-1) <= left
    chosen = ops.logical_or(before, ops.logical_and(ties, among))
    return ops.reshape(ops.logical_and(chosen, some), shape)


def _number(count: Any, fraction: Any) -> Any:
    """max(1, floor(fraction n + 0.0001)) for n the number of items that are kept."""
    # In float32 the product may be too small by more than 0.0001, as 0.53 times 4300
    # is. So most of it is computed as a product of 12-bit numbers, which is exact.
    is_tensor = hasattr(fraction, "shape")
    coarse = (ops.floor if is_tensor else math.floor)(fraction * BITS)
    fine = fraction - coarse / BITS
    high = ops.floor(count / BITS)
    low = coarse * (count - high * BITS) / BITS
    whole = ops.floor(low)
    rest = ops.floor(low - whole + fine * count + 1e-4)
    return ops.cast(ops.maximum(coarse * high + whole + rest, 1.0), "int32")
