"""Triplet loss of given triplets."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.losses.metric._distances import DISTANCES, Distance
from portable_losses.losses.metric._shared import views
from portable_losses.losses.metric._views import cosines


class TripletViews(Loss):
    """Triplet loss of given triplets (triplet margin loss).

    It penalizes anchors that are not closer, by a margin, to their positive than to
    their negative. With d+ the distance of an anchor from its positive, and d- the
    distance from its negative, the item is

        max(d+ - d- + margin, 0)    or, if `soft`,    log(1 + exp(d+ - d- + margin))

    Shapes: `y_pred` is `(B, 3, D)`, the anchor, the positive and the negative of each
    triplet, as `StackViews` makes it of three tensors; `y_true` is ignored and may be
    None; items are `(B,)`, one per triplet. `Triplet` finds triplets by labels.

    Args:
        margin: >= 0, in the units of the distance.
        distance: "squared_euclidean", "euclidean", or "cosine", which is 1 - cos.
        soft: whether the cost of a triplet is a softplus, which is never 0.
        normalize: whether embeddings are divided by their norm first; the cosine
            needs no such division.

    Edge cases: a positive and a negative at the same distance cost the margin. If
    d+ - d- + margin is 0, the gradient is 0, unless `soft`. The distance of two equal
    embeddings has gradient 0. A zero embedding stays zero, with gradient 0; its cosine
    with any other is 0. Triplets are not compared with each other.

    Raises:
        ValueError: for a negative margin, an unknown distance, and a y_pred that is not
            `(B, 3, D)`.

    Example:
        >>> loss = portable_losses.TripletViews(margin=0.5)
        >>> triplet = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]]
        >>> round(float(loss(None, [triplet])), 4)  # 0.4 - 0.8 + 0.5
        0.1

    Reference:
        Schroff, Kalenichenko, Philbin, "FaceNet: A unified embedding for face
        recognition and clustering", CVPR 2015, arXiv:1503.03832, section 3.1;
        for `soft`, Hermans, Beyer, Leibe, "In defense of the triplet loss for person
        re-identification", 2017, arXiv:1703.07737, section 2.

    Differs: from PyTorch's TripletMarginLoss, whose distance is Euclidean and whose
    embeddings are not normalized; for this pass `distance="euclidean"` and
    `normalize=False`.
    """

    targets = "any"

    def __init__(
        self,
        *,
        margin: Number = 0.2,
        distance: Distance = "squared_euclidean",
        soft: bool = False,
        normalize: bool = True,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.margin = arguments.number(self, "margin", margin, at_least=0)
        self.distance = arguments.choice(self, "distance", distance, DISTANCES)
        self.soft = arguments.flag(self, "soft", soft)
        self.normalize = arguments.flag(self, "normalize", normalize)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        views(self, y_pred, 3)  # checks the shape
        z = ops.normalize(y_pred) if self.normalize else y_pred
        anchor, positive, negative = views(self, z, 3)
        gap = self._apart(anchor, positive) - self._apart(anchor, negative)
        return (ops.softplus if self.soft else ops.relu)(gap + self.margin)

    def _apart(self, a: Any, b: Any) -> Any:
        """The distance of each pair `(B, D)`, `(B,)`."""
        if self.distance == "cosine":
            return 1.0 - cosines(a, b)
        if self.distance == "euclidean":
            return ops.distance(a, b)
        return ops.sum(ops.square(a - b), axis=-1)
