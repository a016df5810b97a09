"""ArcFace."""

import math
from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._cosines import CosineLoss


class ArcFace(CosineLoss):
    """ArcFace (additive angular margin loss).

    It penalizes embeddings whose angle with the center of their class is not smaller,
    by a margin, than the angles with the centers of the other classes.

    With c_k the cosines of a sample with the classes, y its class, theta the angle of
    cosine c_y and m the margin, the item is

        -log( exp(scale f) / (exp(scale f) + sum_{k != y} exp(scale c_k)) )
        f = cos(theta + m)    or, where theta + m > pi,    c_y - m sin(m)

    Shapes: `y_pred` is `(B, ..., C)`, cosines, which `portable_losses.CosineDense(C)`
    computes from embeddings; `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices, or
    one-hot or soft labels of y_pred's shape; items are `(B, ...)`.

    Args:
        margin: in [0, pi), an angle in radians.
        scale: > 0; the cosines times this factor are the logits.

    Edge cases: a margin of 0 gives the cross-entropy of scaled cosines. At c_y = 1 and
    c_y = -1, where the gradient of the angle is infinite, the gradient of f is cos(m)
    and 1; close to 1 it is the exact gradient, which is large. Cosines slightly above 1
    by rounding count as an angle of 0. For a soft label t_k the cosine of class k is
    replaced by c_k + t_k (f_k - c_k). A class index out of range raises ValueError in
    eager mode, and gives NaN in compiled code. A single class costs 0.

    Raises:
        ValueError: for a margin outside [0, pi), a scale that is not > 0, labels that
            do not fit y_pred, and, at the first call in eager mode, a y_pred that does
            not hold cosines.

    Example:
        >>> loss = portable_losses.ArcFace(margin=0.5, scale=1.0)
        >>> cosines = [[0.8, 0.6], [0.0, 1.0]]
        >>> round(float(loss([0, 1], cosines)), 4)
        0.569

    Reference:
        Deng, Guo, Xue, Zafeiriou, "ArcFace: Additive angular margin loss for deep face
        recognition", CVPR 2019, arXiv:1801.07698, equation 3.

    Differs: from the paper for theta + m > pi, where cos(theta + m) would grow again.
    There f is c_y - m sin(m), as in the authors' code.
    """

    def __init__(
        self,
        *,
        margin: Number = 0.5,
        scale: Number = 64.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(scale=scale, **common)
        self.margin = arguments.number(
            self, "margin", margin, at_least=0, below=math.pi
        )

    def with_margin(self, cosine: Any) -> Any:
        m = self.margin
        constant = isinstance(m, int | float)
        cos_m, sin_m = (math.cos(m), math.sin(m)) if constant else _cos_sin(m)
        # 1 - c^2 == (1 - c) (1 + c), without cancellation near 1; the root `ops.sqrt`
        # has gradient 0 at 0.
        sine = ops.sqrt(ops.relu((1.0 - cosine) * (1.0 + cosine)))
        # cos(theta + m) == cos(theta) cos(m) - sin(theta) sin(m)
        turned = cosine * cos_m - sine * sin_m
        return ops.where(cosine < -cos_m, cosine - m * sin_m, turned)


def _cos_sin(angle: Any) -> tuple[Any, Any]:
    return ops.cos(angle), ops.sin(angle)
