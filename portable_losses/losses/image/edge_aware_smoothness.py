"""Smoothness of a map, except at the edges of an image."""

from typing import Any, Literal, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.signature import Number
from portable_losses.losses.image._shared import (
    ImageArguments,
    ImageLoss,
    mean_of_sample,
    shifted,
    space,
)
from portable_losses.ops.classes import like


class EdgeAwareSmoothness(ImageLoss):
    """Edge-aware smoothness loss (for disparity, depth, or optical flow).

    It penalizes changes of the prediction between neighboring pixels where the image
    does not change.

    With p the prediction, I the guide image, and inner means over the channels of I,

        loss = mean abs(d_x p) exp(-weight mean abs(d_x I)) + the same in y

    where d_x p = p(x + 1) - p(x). With `order=2`, a slanted plane costs nothing:
    d_xx p = p(x + 1) - 2 p(x) + p(x - 1), and d_x I = (I(x + 1) - I(x - 1)) / 2.
    The outer means are over the positions and the channels of p.

    Shapes: `y_true` is the guide, `(B, H, W, K)`, or `(B, H, W)` for K = 1; `y_pred` is
    `(B, H, W, C)`; items are `(B,)`.

    Args:
        order: 1 or 2, the order of the differences.
        weight: >= 0, how much an edge of the guide counts, per unit of its values. For
            values in [0, 1], published code uses 1 to 150.
        normalize: whether p is first divided by its mean over the spatial axes, per
            sample and channel, so that smaller predictions do not reduce the loss.
        data_format: "channels_last", "channels_first" (`(B, C, H, W)`, both), or None
            for Keras's own setting.

    Edge cases: equal neighbors have gradient 0. A spatial axis of fewer than
    `order + 1` pixels adds 0. With `normalize` a channel whose mean is exactly 0 counts
    as 0, with gradient 0. Masks and weights are per sample.

    Raises:
        ValueError: for an order other than 1 and 2, a negative weight, a y_pred that
            does not have four axes, a guide of another batch or size, and a mask or
            weights per pixel.

    Example:
        >>> loss = portable_losses.EdgeAwareSmoothness()
        >>> p = np.reshape([0.0, 1.0, 3.0], (1, 1, 3, 1))
        >>> float(loss(0.0 * p, p))  # (1 + 2) / 2
        1.5

    Reference:
        Godard, Mac Aodha, Brostow, "Unsupervised monocular depth estimation with
        left-right consistency", CVPR 2017, arXiv:1609.03677, equation 3; Godard, Mac
        Aodha, Firman, Brostow, "Digging into self-supervised monocular depth
        estimation", ICCV 2019, arXiv:1806.01260, equation 3 (`normalize`);
        Jonschkowski, Stone, Barron, Gordon, Konolige, Angelova, "What matters in
        unsupervised optical flow", ECCV 2020, arXiv:2006.04902 (`order=2`).

    Differs: from the code of the second reference, which adds 1e-7 to the mean.
    """

    def __init__(
        self,
        *,
        order: Literal[1, 2] = 1,
        weight: Number = 1.0,
        normalize: bool = False,
        **common: Unpack[ImageArguments],
    ) -> None:
        super().__init__(**common)
        self.order = arguments.choice(self, "order", order, (1, 2))
        self.weight = arguments.number(self, "weight", weight, at_least=0)
        self.normalize = arguments.flag(self, "normalize", normalize)

    def _target(self, y_true: Any, y_pred: Any) -> Any:
        checks.one_tensor(self, "y_true", y_true)
        t, p = tuple(y_true.shape), tuple(y_pred.shape)
        if len(t) == len(p) - 1:
            y_true, t = ops.expand_dims(y_true, -1), (*t, 1)
        if not checks.same(t[:-1], p[:-1]) or t[-1] == 0:
            rule = "be a guide with y_pred's axes, of one channel or more"
            remedy = "resize one of them; the channels are the last axis here"
            checks.reject_shapes(self, t, p, rule, remedy)
        return like(y_true, y_pred)

    def image_loss(self, t: Any, p: Any) -> Any:
        if self.normalize:
            p = ops.divide(p, ops.mean(p, axis=space(p), keepdims=True))
        total = ops.zeros_like(mean_of_sample(p))
        for axis in space(p):
            size = p.shape[axis]
            if size is None or size > self.order:
                change, edge = self._changes(p, axis), self._edges(t, axis)
                edge = ops.mean(ops.abs(edge), axis=-1, keepdims=True)
                terms = ops.abs(change) * ops.exp(-self.weight * edge)
                total = total + mean_of_sample(terms)
        return total

    def _changes(self, p: Any, axis: int) -> Any:
        """The differences of the prediction along an axis."""
        step = shifted(p, axis, 1, None) - shifted(p, axis, 0, -1)
        if self.order == 1:
            return step
        return shifted(step, axis, 1, None) - shifted(step, axis, 0, -1)

    def _edges(self, guide: Any, axis: int) -> Any:
        """The differences of the guide at the same positions."""
        if self.order == 1:
            return shifted(guide, axis, 1, None) - shifted(guide, axis, 0, -1)
        return 0.5 * (shifted(guide, axis, 2, None) - shifted(guide, axis, 0, -2))
