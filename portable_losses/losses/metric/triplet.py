"""Triplet loss of a batch, with three kinds of mining."""

from typing import Any, Literal, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.metric._distances import (
    DISTANCES,
    Distance,
    Distances,
    pair_distances,
)
from portable_losses.losses.metric._shared import (
    EmbeddingArguments,
    EmbeddingLoss,
    Pairs,
)

INF = float("inf")

# The largest number of triplets that are computed at once; more are computed anchor by
# anchor.
AT_ONCE = 2**22


class Triplet(EmbeddingLoss):
    """Triplet loss (FaceNet, triplet margin loss), with online mining.

    It penalizes embeddings that are not closer, by a margin, to those of their class
    than to those of other classes. With d+ the distance of an anchor from a positive,
    which is another sample of its class, and d- the distance from a negative, which is
    a sample of another class, a triplet costs

        max(d+ - d- + margin, 0)    or, if `soft`,    log(1 + exp(d+ - d- + margin))

    and the item is, by `mining`,

        semi_hard    the mean over the positives of the anchor, each with the nearest
                     negative that is farther than it, or, if there is none, with the
                     farthest negative
        hard         the triplet of the farthest positive and the nearest negative
        all          the mean over the triplets that cost more than 0

    Shapes: `y_true` is `(B,)` or `(B, 1)`, integer labels; `y_pred` is `(B, D)`;
    items are `(B,)`, one per anchor.

    Args:
        margin: >= 0, in the units of the distance.
        mining: "semi_hard", "hard" or "all".
        soft: whether the cost of a triplet is a softplus, which is never 0: then "all"
            is the mean over all triplets.
        distance: "squared_euclidean", "euclidean", or "cosine", which is 1 - cos.
        normalize: whether embeddings are divided by their norm first; the cosine
            needs no such division.

    Edge cases: an anchor without a positive or without a negative is excluded from the
    mean; if all are, the loss is 0. A sample that is masked or of weight 0 is removed
    from the batch, as anchor, positive and negative. Labels are exact integers of any
    size. Embeddings that are all equal cost the margin, with gradient 0. A zero
    embedding stays zero, with gradient 0; its cosine with any other is 0. Distances
    that differ only by rounding (1e-6 of the squared norms in float32) count as equal,
    so that duplicates in two classes cost the same on every backend.

    Cost: distances are computed and sorted, in the memory of `(B, B)` numbers. Only
    "all" with `soft` takes a time proportional to B^3; beyond 160 samples it loops over
    the anchors, and computes each anchor a second time for the gradient, to save
    memory. A second derivative of that loop is None in TensorFlow's graphs.

    Devices: with `keras.distribution.DataParallel` (JAX) the result is the same as on
    one device. A replica of `tf.distribute` or of torch's DistributedDataParallel
    has only the triplets of its part of the batch: to use all, gather the
    embeddings and labels of all replicas before a `LossEndpoint` (`all_gather`, as
    the guide shows).

    Raises:
        ValueError: for a negative margin, an unknown mining or distance, labels that
            are not whole or not one per sample, and embeddings that are not `(B, D)`.

    Example:
        >>> loss = portable_losses.Triplet(margin=0.5)
        >>> z = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]]
        >>> round(float(loss([7, 7, 8], z)), 4)  # (0.1 + 0.82) / 2
        0.46

    Reference:
        Schroff, Kalenichenko, Philbin, "FaceNet: A unified embedding for face
        recognition and clustering", CVPR 2015, arXiv:1503.03832, section 3.2
        (semi_hard); Hermans, Beyer, Leibe, "In defense of the triplet loss for person
        re-identification", 2017, arXiv:1703.07737, equation 5 (hard) and section 2
        (all, without the triplets that cost 0; soft).

    Differs: from these papers: here the mean over the triplets of an anchor comes
    before the mean over anchors. FaceNet and TensorFlow Addons sum over all pairs; the
    fallback to the farthest negative is that of TensorFlow Addons. From Hermans et al.
    in squared distances by default.
    """

    def __init__(
        self,
        *,
        margin: Number = 0.2,
        mining: Literal["semi_hard", "hard", "all"] = "semi_hard",
        soft: bool = False,
        distance: Distance = "squared_euclidean",
        **common: Unpack[EmbeddingArguments],
    ) -> None:
        super().__init__(**common)
        minings = ("semi_hard", "hard", "all")
        self.margin = arguments.number(self, "margin", margin, at_least=0)
        self.mining = arguments.choice(self, "mining", mining, minings)
        self.soft = arguments.flag(self, "soft", soft)
        self.distance = arguments.choice(self, "distance", distance, DISTANCES)

    def embedding_loss(self, z: Any, pairs: Pairs) -> Any:
        distances = pair_distances(z, self.distance)
        if self.mining == "hard":
            items = self._hard(distances.of_pairs, pairs)
        elif self.mining == "semi_hard":
            items = self._semi_hard(distances, pairs)
        elif self.soft:
            items = self._all_soft(distances.of_pairs, pairs)
        else:
            items = self._all(distances, pairs)
        # What sorts distances may choose others than those that are NaN.
        either = ops.logical_or(pairs.positive, pairs.negative)
        lost = ops.any(ops.logical_and(either, ops.isnan(distances.of_pairs)), axis=1)
        items = ops.where(lost, float("nan"), items)
        some_positive = ops.any(pairs.positive, axis=1)
        return items, ops.logical_and(some_positive, ops.any(pairs.negative, axis=1))

    def _cost(self, gap: Any) -> Any:
        return (ops.softplus if self.soft else ops.relu)(gap + self.margin)

    def _hard(self, d: Any, pairs: Pairs) -> Any:
        farthest = ops.max(ops.where(pairs.positive, d, -INF), axis=1)
        nearest = ops.min(ops.where(pairs.negative, d, INF), axis=1)
        return self._cost(farthest - nearest)

    def _semi_hard(self, distances: Distances, pairs: Pairs) -> Any:
        d = distances.of_pairs
        near = ops.where(pairs.negative, ops.stop_gradient(d), INF)
        reach = ops.stop_gradient(d) + distances.slack
        # The number of negatives that are not farther than the positive: in the sorted
        # negatives this is the index of the next one, which is chosen.
        _, passed = _counts(near, ops.where(pairs.positive, reach, INF))
        last = ops.sum(ops.cast(pairs.negative, "int32"), axis=1, keepdims=True) - 1
        place = ops.maximum(ops.minimum(passed, ops.cast(last, passed.dtype)), 0)
        chosen = ops.take_along_axis(ops.argsort(near, axis=1), place, axis=1)
        cost = self._cost(d - ops.take_along_axis(d, chosen, axis=1))
        count = ops.sum(ops.cast(pairs.positive, d.dtype), axis=1)
        return ops.divide(ops.sum(ops.where(pairs.positive, cost, 0.0), axis=1), count)

    def _all(self, distances: Distances, pairs: Pairs) -> Any:
        d = distances.of_pairs
        near = ops.where(pairs.negative, ops.stop_gradient(d), INF)
        reach = ops.stop_gradient(d) + self.margin - distances.slack
        reach = ops.where(pairs.positive, reach, INF)
        # For each positive and each negative, the number of its triplets that cost more
        # than 0.
        below, active = _counts(near, reach)
        number = ops.sum(ops.cast(pairs.positive, below.dtype), axis=1, keepdims=True)
        of_positive = ops.cast(ops.where(pairs.positive, active, 0), d.dtype)
        of_negative = ops.cast(ops.where(pairs.negative, number - below, 0), d.dtype)
        count = ops.sum(of_positive, axis=1)
        # Both sums have `count` terms, so a constant may be subtracted from all
        # distances. With their mean the rounding error is smaller.
        mean = ops.divide(ops.sum(of_negative * d, axis=1), count)
        d = d - ops.stop_gradient(ops.expand_dims(mean, 1))
        total = ops.sum((of_positive - of_negative) * d, axis=1)
        return ops.where(count > 0, ops.divide(total, count) + self.margin, 0.0)

    def _all_soft(self, d: Any, pairs: Pairs) -> Any:
        positive, negative = (ops.cast(pair, d.dtype) for pair in pairs)
        count = ops.sum(positive, axis=1) * ops.sum(negative, axis=1)
        anchors = (d + self.margin, d, positive, negative)
        size = d.shape[0]
        if size is not None and size**3 <= AT_ONCE:
            return ops.divide(_soft_sum(anchors), count)
        # `ops.map` of Keras reads the first anchor. A batch may be empty, so one is
        # added.
        padded = tuple(ops.pad(x, [[0, 1], [0, 0]]) for x in anchors)
        return ops.divide(ops.map(keras.remat(_soft_sum), padded)[:-1], count)


def _counts(first: Any, second: Any) -> tuple[Any, Any]:
    """How many of `second` are below each of `first`, along axis 1.

    And how many of `first` are below or equal to each of `second`.
    """
    size = ops.shape(first)[1]
    both = ops.concatenate([first, second], axis=1)
    order = ops.argsort(both, axis=1)  # stable: of equal values, `first` comes first
    place = ops.argsort(order, axis=1)
    seen = ops.cumsum(ops.cast(order >= size, place.dtype), axis=1)
    seen = ops.take_along_axis(seen, place, axis=1)
    return seen[:, :size], (place - seen + 1)[:, size:]


def _soft_sum(anchors: tuple[Any, ...]) -> Any:
    """The sum of the costs of all triplets of an anchor, or of several."""
    positive_distance, distance, positive, negative = anchors
    gap = ops.expand_dims(positive_distance, -1) - ops.expand_dims(distance, -2)
    cost = ops.softplus(gap) * ops.expand_dims(negative, -2)
    return ops.sum(ops.sum(cost, axis=-1) * positive, axis=-1)
