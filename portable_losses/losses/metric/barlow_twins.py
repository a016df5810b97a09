"""Barlow Twins: the correlations of the columns of two views."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._shared import views, whole_samples

# It is added to a variance, as in the batch normalization of the authors' code.
EPSILON = 1e-5


class BarlowTwins(Loss):
    """Barlow Twins loss (redundancy reduction).

    It penalizes columns that differ between the views, and correlations of different
    columns. With C_jk the correlation over the batch of column j of the first
    views and column k of the second,

        sum_j (1 - C_jj)^2 + off_diagonal_weight sum_{j != k} C_jk^2

    where C_jk = mean(a_j b_k), and a_j and b_k are the columns minus their mean,
    divided by sqrt(V + 1e-5), with V their biased variance.

    Shapes: `y_pred` is `(B, 2, D)`, raw embeddings of two views; `y_true` is ignored
    and may be None. The loss is a statistic.

    Args:
        off_diagonal_weight: weight >= 0 of the correlations of different columns.

    Edge cases: a sample that is masked, or of which one view is masked, is removed from
    the batch. With one sample there is no correlation: the loss is 0 with gradient 0.
    Without samples it is 0, too. A constant column costs 1, with a finite gradient.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the correlations of its part of the batch: to use the whole batch, gather
    the views of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for a negative weight, a y_pred that is not `(B, 2, D)`, and sample
            weights, which a statistic cannot have.

    Example:
        >>> loss = portable_losses.BarlowTwins(off_diagonal_weight=0.5)
        >>> views = [[[1.0, 1.0], [1.0, 1.0]], [[-1.0, -1.0], [-1.0, -1.0]]]
        >>> round(float(loss(None, views)), 4)  # the columns are the same
        1.0

    Reference:
        Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins: Self-supervised learning via
        redundancy reduction", ICML 2021, arXiv:2103.03230, equations 1 and 2.

    Differs: from the paper, as the authors' code does, in the 1e-5 that is added to the
    variance; and from both for one sample, which costs D there.
    """

    targets = "any"
    per_sample_form = "InfoNCE"

    def __init__(
        self, *, off_diagonal_weight: Number = 5e-3, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        self.off_diagonal_weight = arguments.number(
            self, "off_diagonal_weight", off_diagonal_weight, at_least=0
        )

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        views(self, y_pred)  # checks the shape
        kept = whole_samples(kept)
        x, width = y_pred, y_pred.shape[-1]
        count = ops.cast(ops.shape(x)[0], x.dtype)
        if kept is not None:
            count = ops.sum(ops.cast(kept, x.dtype))
            kept = ops.reshape(kept, (-1, 1, 1))
            x = ops.where(kept, x, 0.0)
        x = x - ops.divide(ops.sum(x, axis=0), count)
        if kept is not None:
            x = ops.where(kept, x, 0.0)
        variance = ops.divide(ops.sum(ops.square(x), axis=0), count)
        a, b = views(self, x / ops.sqrt(variance + EPSILON))
        c = ops.divide(ops.matmul(ops.transpose(a), b), count)
        off_diagonal = self.off_diagonal_weight * ops.square(c)
        terms = ops.where(
            ops.eye(width, dtype="bool"), ops.square(1.0 - c), off_diagonal
        )
        # Multiplied, and not selected by `where`, so that a NaN of a single sample
        # stays.
        return ops.sum(terms) * ops.cast(count > 1.0, x.dtype)
