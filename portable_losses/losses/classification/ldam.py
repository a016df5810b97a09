"""The label-distribution-aware margin loss."""

from collections.abc import Sequence
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.classification._labels import (
    LogitLoss,
    counts_for,
    counts_of,
    crossentropy,
    dense_labels,
)
from portable_losses.losses.classification._shared import ClassArguments


class LDAM(LogitLoss):
    """Label-distribution-aware margin loss (LDAM).

    It is cross-entropy of scaled cosines, with a margin for the right class. The fewer
    samples a class has, the larger is its margin.

    With c the cosines, n_k the number of samples of class k and y the class,

        m_k = max_margin (min_j n_j / n_k)^(1/4)
        z = scale (c - m_y) for class y, and scale c for the others

    the item is -w_y log softmax(z)_y. For a one-hot or soft label t it is
    -sum_k w_k t_k log softmax(z)_k with z_k = scale (c_k - t_k m_k).

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices in [0, C), or one-hot
    or soft labels `(B, ..., C)`; `y_pred` is `(B, ..., C)`, cosines, which
    `portable_losses.CosineDense(C)` makes of features; items are `(B, ...)`.

    Args:
        class_counts: one number > 0 per class, how often it occurs in the training
            data. Only their ratios count.
        max_margin: >= 0, the margin of the rarest class, a difference of cosines; 0 is
            cross-entropy of scaled cosines.
        scale: > 0; the cosines times this factor are the logits.
        from_logits: must be True: the scaled cosines are logits, and the loss does not
            take probabilities.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest; late in training, as the paper recommends, those of
            `class_balanced_weights`. They multiply the class's term; the divisor stays
            the count.
        ignore_class: items of this class, or whose labels have it as argmax, are
            excluded from the mean; it may lie outside [0, C).

    Edge cases: cosines slightly above 1 by rounding are accepted. In compiled code, and
    after the first call, y_pred is not checked; infinite numbers are handled as in
    CategoricalCrossentropy.

    Raises:
        ValueError: for counts that are not > 0 or of another number than the classes, a
            negative max_margin, a scale that is not > 0, from_logits=False, indices
            that are not whole or out of range (in compiled code the item is NaN),
            weights of the wrong length, or shapes that do not fit; and, at the first
            call in eager mode, for a y_pred that holds no cosines, such as logits.

    Example:
        >>> loss = portable_losses.LDAM([160, 10], max_margin=0.5, scale=1.0)
        >>> round(float(loss([0, 1], [[0.8, 0.3], [0.0, 1.0]])), 4)  # 0.25 and 0.5
        0.525

    Reference:
        Cao, Wei, Gaidon, Arechiga, Ma, "Learning Imbalanced Datasets with
        Label-Distribution-Aware Margin Loss", NeurIPS 2019, arXiv 1906.07413.

    Differs: from the authors' code with class weights, whose mean divides by the sum of
    the weights. For that, use reduction="mean_with_sample_weight" and sample weights.
    """

    prediction_domain = "cosines"
    target_domain = "probabilities"

    def __init__(
        self,
        class_counts: Sequence[float],
        *,
        max_margin: Number = 0.5,
        scale: Number = 30.0,
        **common: Unpack[ClassArguments],
    ) -> None:
        super().__init__(**common)
        self.class_counts = counts_of(self, class_counts)
        self.max_margin = arguments.number(self, "max_margin", max_margin, at_least=0)
        self.scale = arguments.number(self, "scale", scale, above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        counts = counts_for(self, y_pred)
        margins = self.max_margin * ops.power(ops.min(counts) / counts, 0.25)
        cosines = y_pred - dense_labels(y_true, y_pred) * margins
        return crossentropy(self, y_true, self.scale * cosines)
