"""The scale-invariant error of logarithms."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number


class ScaleInvariantLog(Loss):
    """Scale-invariant logarithmic error (SILog, for depth maps).

    It penalizes wrong ratios of the values of a sample, and, with less weight, a wrong
    common factor of all values.

    With t the target, p the prediction and means over the elements of a sample where
    t > 0, the item is

        d = log(max(p, epsilon)) - log(t)
        mean d^2 - variance_weight (mean d)^2

    Shapes: `y_true` and `y_pred` are `(B, ...)`, such as maps `(B, H, W, 1)`; items are
    `(B,)`.

    Args:
        variance_weight: in [0, 1]. With 0 the loss is the mean squared error of
            logarithms; with 1 a common factor of all predictions costs nothing.
        epsilon: > 0 and in the units of y; smaller predictions are replaced by it.

    Edge cases: elements with t <= 0, where no depth is known, are excluded like masked
    ones, and a sample with no other elements is excluded from the mean. A target of NaN
    gives NaN: mask it. A prediction below epsilon has gradient 0, so that the loss
    cannot correct it: end the model with a softplus or an exponential. Equal maps cost
    0 with gradient 0.

    Raises:
        ValueError: if variance_weight is outside [0, 1], epsilon is not > 0, or if the
            shapes differ; and for sample weights per element.

    Example:
        >>> loss = portable_losses.ScaleInvariantLog(variance_weight=1.0)
        >>> t, p = [[1.0, 2.0, 0.0]], [[3.0, 6.0, 5.0]]  # three times too large
        >>> round(float(loss(t, p)), 4)
        0.0

    Reference:
        Eigen, Puhrsch, Fergus, "Depth map prediction from a single image using a
        multi-scale deep network", NeurIPS 2014, arXiv:1406.2283, equation 4.

    Differs: from the paper, whose network predicts log p.
    """

    def __init__(
        self,
        *,
        variance_weight: Number = 0.5,
        epsilon: Number = 1e-7,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.variance_weight = arguments.number(
            self, "variance_weight", variance_weight, at_least=0, at_most=1
        )
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def keep(self, y_true: Any) -> Any:
        # A NaN is kept, since it is a fault and not an unknown depth. It is tested by
        # isnan: `not y_true <= 0` would keep it, too, but TensorFlow's graph optimizer
        # turns that into `y_true > 0`, which is False for a NaN.
        return ops.logical_or(y_true > 0, ops.isnan(y_true))

    def _shared_axes(self, y_pred: Any) -> int:
        return 1

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        axes = tuple(range(1, len(y_pred.shape)))
        used = ops.broadcast_to(expand(kept, len(y_pred.shape)), ops.shape(y_pred))
        count = ops.sum(ops.cast(used, y_pred.dtype), axis=axes, keepdims=True)

        def mean(x: Any) -> Any:
            total = ops.sum(ops.where(used, x, 0.0), axis=axes, keepdims=True)
            return ops.divide(total, count)

        d = ops.log(ops.clip(y_pred, self.epsilon, None)) - ops.log(y_true)
        m = mean(d)
        # mean d^2 - w (mean d)^2 == variance d + (1 - w) (mean d)^2, never negative
        common = (1.0 - self.variance_weight) * ops.square(m)
        return ops.squeeze(mean(ops.square(d - m)) + common, axes)
