"""The total variation of the predicted image."""

from typing import Any, Literal, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.image._shared import (
    ImageArguments,
    ImageLoss,
    mean_of_sample,
    shifted,
    space,
)

Norm = Literal["l1", "l2"]


class TotalVariation(ImageLoss):
    """Total variation (TV, anisotropic total variation, differences of neighbors).

    It penalizes noise in the prediction, without a target. It is added to another loss,
    with a weight.

    With p the prediction,

        loss = mean abs(p[y, x + 1] - p[y, x]) + mean abs(p[y + 1, x] - p[y, x])

    or, for the norm "l2", the means of the squares. The means are over the pairs of
    neighbors and the channels.

    Shapes: `y_pred` is images `(B, H, W, C)`, or volumes `(B, D, H, W, C)`, with a sum
    over three spatial axes. `y_true` is ignored; it may be None, or any tensor with the
    same batch axis. Items are `(B,)`.

    Args:
        norm: "l1", which keeps edges, or "l2", which smooths them.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`), or None for
            Keras's own setting.

    Edge cases: a constant image costs 0 with gradient 0, and so does a pair of equal
    neighbors. A spatial axis of size 1 has no neighbors and adds 0. Masks and weights
    are per sample.

    Raises:
        ValueError: for an unknown norm, a y_pred that does not have four or five axes,
            and a mask or weights per pixel.

    Example:
        >>> loss = portable_losses.TotalVariation()
        >>> p = np.reshape([[0.0, 1.0], [0.0, 3.0]], (1, 2, 2, 1))
        >>> float(loss(None, p))  # (1 + 3) / 2 + (0 + 2) / 2
        3.0

    Reference:
        Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal
        algorithms", Physica D 60, 1992, doi:10.1016/0167-2789(92)90242-F.

    Differs: from `tf.image.total_variation`, which is a sum; and from the paper, which
    has the isotropic form sqrt(dx^2 + dy^2).
    """

    _volumes = True

    def __init__(self, *, norm: Norm = "l1", **common: Unpack[ImageArguments]) -> None:
        super().__init__(**common)
        self.norm = arguments.choice(self, "norm", norm, ("l1", "l2"))

    def _target(self, y_true: Any, y_pred: Any) -> None:
        return None

    def image_loss(self, t: Any, p: Any) -> Any:
        size = ops.abs if self.norm == "l1" else ops.square
        total = ops.zeros_like(mean_of_sample(p))
        for axis in space(p):
            if p.shape[axis] != 1:
                step = shifted(p, axis, 1, None) - shifted(p, axis, 0, -1)
                total = total + mean_of_sample(size(step))
        return total
