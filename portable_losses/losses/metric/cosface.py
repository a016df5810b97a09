"""CosFace."""

from typing import Any, Unpack

from portable_losses.core import arguments
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._cosines import CosineLoss


class CosFace(CosineLoss):
    """CosFace (large margin cosine loss, additive margin softmax, AM-Softmax).

    It penalizes embeddings whose cosine with the center of their class is not larger,
    by a margin, than the cosines with the centers of the other classes.

    With c_k the cosines of a sample with the classes, y its class and m the margin, the
    item is

        -log( exp(scale (c_y - m))
              / (exp(scale (c_y - m)) + sum_{k != y} exp(scale c_k)) )

    Shapes: `y_pred` is `(B, ..., C)`, cosines, which `portable_losses.CosineDense(C)`
    computes from embeddings; `y_true` is `(B, ...)` or `(B, ..., 1)`, class indices, or
    one-hot or soft labels of y_pred's shape; items are `(B, ...)`.

    Args:
        margin: >= 0, a difference of cosines.
        scale: > 0; the cosines times this factor are the logits.

    Edge cases: a margin of 0 gives the cross-entropy of scaled cosines. For a soft
    label t_k the cosine of class k is replaced by c_k - t_k m. A class index out of
    range raises ValueError in eager mode, and gives NaN in compiled code. A single
    class costs 0.

    Raises:
        ValueError: for a margin below 0, a scale that is not > 0, labels that do not
            fit y_pred, and, at the first call in eager mode, a y_pred that does not
            hold cosines.

    Example:
        >>> loss = portable_losses.CosFace(margin=0.2, scale=1.0)
        >>> cosines = [[0.8, 0.6], [0.0, 1.0]]
        >>> round(float(loss([0, 1], cosines)), 4)
        0.5321

    Reference:
        Wang et al., "CosFace: Large margin cosine loss for deep face recognition", CVPR
        2018, arXiv:1801.09414, equation 4.
    """

    def __init__(
        self,
        *,
        margin: Number = 0.35,
        scale: Number = 64.0,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(scale=scale, **common)
        self.margin = arguments.number(self, "margin", margin, at_least=0)

    def with_margin(self, cosine: Any) -> Any:
        return cosine - self.margin
