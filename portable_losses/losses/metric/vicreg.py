"""VICReg: variance, invariance and covariance of two views."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._shared import views, whole_samples


class VICReg(Loss):
    """Variance-invariance-covariance regularization (VICReg).

    It penalizes views that differ, columns with a small variance (a collapse), and
    columns that are correlated.

    With a and b the views, V and C the unbiased variances and covariances of the D
    columns of a view over the batch, and sums over the two views,

        invariance mean (a - b)^2
        + variance / 2 sum_views mean_j max(0, 1 - sqrt(V_j + epsilon))
        + covariance / D sum_views sum_{j != k} C_jk^2

    Shapes: `y_pred` is `(B, 2, D)`, raw embeddings of two views; `y_true` is ignored
    and may be None. The loss is a statistic.

    Args:
        invariance: weight >= 0 of the distance of the views.
        variance: weight >= 0 of the penalty on small variances.
        covariance: weight >= 0 of the penalty on covariances of columns.
        epsilon: >= 0, added to a variance.

    Edge cases: masked samples are removed from the batch. With one sample there is no
    variance, and the loss is the distance of the views; without samples it is 0. A
    constant column costs 1 - sqrt(epsilon), with gradient 0.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the moments of its part of the batch: to use the whole batch, gather the
    views of all replicas before the loss (`all_gather`, as the guide shows).

    Raises:
        ValueError: for negative weights, a y_pred that is not `(B, 2, D)`, and sample
            weights, which a statistic cannot have.

    Example:
        >>> loss = portable_losses.VICReg()
        >>> views = [[[1.0, 0.0], [1.0, 0.0]], [[-1.0, 0.0], [-1.0, 0.0]]]
        >>> round(float(loss(None, views)), 4)  # the second column is constant
        12.375

    Reference:
        Bardes, Ponce, LeCun, "VICReg: Variance-invariance-covariance regularization for
        self-supervised learning", ICLR 2022, arXiv:2105.04906, equations 1 to 6.

    Differs: from the paper, as the authors' code does: (a - b)^2 is a mean over
    columns, not a sum, and the variance term is halved.
    """

    targets = "any"
    per_sample_form = "InfoNCE"

    def __init__(
        self,
        *,
        invariance: Number = 25.0,
        variance: Number = 25.0,
        covariance: Number = 1.0,
        epsilon: Number = 1e-4,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.invariance = arguments.number(self, "invariance", invariance, at_least=0)
        self.variance = arguments.number(self, "variance", variance, at_least=0)
        self.covariance = arguments.number(self, "covariance", covariance, at_least=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, at_least=0)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        a, b = views(self, y_pred)
        kept = whole_samples(kept)
        x, width = y_pred, y_pred.shape[-1]
        count = ops.cast(ops.shape(x)[0], x.dtype)
        difference = ops.square(a - b)
        if kept is not None:
            count = ops.sum(ops.cast(kept, x.dtype))
            difference = ops.where(ops.expand_dims(kept, 1), difference, 0.0)
            kept = ops.reshape(kept, (-1, 1, 1))
            x = ops.where(kept, x, 0.0)
        distance = ops.divide(ops.sum(difference), count * width)
        x = x - ops.divide(ops.sum(x, axis=0), count)
        if kept is not None:
            x = ops.where(kept, x, 0.0)
        v = ops.divide(ops.sum(ops.square(x), axis=0), count - 1.0)
        lack = ops.relu(1.0 - ops.sqrt(v + self.epsilon))  # (2, D)
        x = ops.transpose(x, (1, 0, 2))
        c = ops.divide(ops.matmul(ops.transpose(x, (0, 2, 1)), x), count - 1.0)
        shared = ops.where(ops.eye(width, dtype="bool"), 0.0, ops.square(c))
        spread = self.variance * ops.mean(lack) + self.covariance * (
            ops.sum(shared) / width
        )
        return self.invariance * distance + ops.where(count > 1.0, spread, 0.0)
