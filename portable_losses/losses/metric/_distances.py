"""The distances of the pairs of a batch, from the Gram matrix."""

from typing import Any, Literal, NamedTuple

import keras

from portable_losses import ops
from portable_losses.losses.metric._shared import inner_products

Distance = Literal["squared_euclidean", "euclidean", "cosine"]
DISTANCES = ("squared_euclidean", "euclidean", "cosine")

# The rounding error of a squared distance, relative to the squared lengths of both.
ROUNDING = {"float32": 1e-6, "float64": 1e-14}


class Distances(NamedTuple):
    """Distances `(B, B)`, and a bound of their rounding errors.

    Args:
        of_pairs: the distances; those of a sample from itself are not used.
        slack: > 0; distances that differ by less count as equal. It is a constant in
            the gradient.
    """

    of_pairs: Any
    slack: Any


def pair_distances(z: Any, distance: Distance) -> Distances:
    """Distances between each pair of embeddings `(B, D)`, in `(B, B)` memory.

    Equal embeddings are at distance 0, with gradient 0; so are those whose Euclidean
    distance is below 1e-3 of their distance from the mean, in float32.
    """
    rounding = ROUNDING[keras.backend.standardize_dtype(z.dtype)]
    if distance == "cosine":
        d = 1.0 - inner_products(ops.normalize(z))
        return Distances(d, ops.full_like(d, rounding))
    # The squared norms are smaller after the mean is subtracted, so the difference
    # below has a smaller rounding error.
    z = z - ops.stop_gradient(ops.mean(z, axis=0, keepdims=True))
    length = ops.sum(ops.square(z), axis=1)
    lengths = ops.expand_dims(length, 1) + ops.expand_dims(length, 0)
    d = lengths - 2.0 * inner_products(z)
    d = d - ops.stop_gradient(ops.minimum(d, 0.0))
    # 1e-30 is added so that the slack of zero vectors is above 0.
    slack = ops.stop_gradient(rounding * lengths) + 1e-30
    if distance == "euclidean":
        d = ops.sqrt(ops.where(d <= slack, 0.0, d))  # a NaN stays
        slack = ops.sqrt(ops.square(ops.stop_gradient(d)) + slack) - d
        slack = ops.stop_gradient(slack)
    return Distances(d, slack)
