"""Kinds of inputs: how they are drawn, and the points at which losses often fail.

All inputs of a kind have one shape, so that a backend compiles once for all of them.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from portable_losses.parity.examine import draws, draws_of_arrays
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.sending import arrays

SAMPLES = 6
"""Samples per batch; not the number of columns, so that a wrong axis is found."""

COLUMNS = 4


@dataclasses.dataclass(frozen=True)
class Kind:
    """Inputs of one kind.

    Args:
        draw: `draw(rng, shape)` returns targets and predictions; `shape` is that of
            the predictions.
        shape: shape of the predictions, the samples first.
        edges: `edges(shape)` returns named inputs, of the same shapes.
        wrong: names of the edges at which every sample is confidently wrong, so that
            the gradient of each sample must not be 0.
        far: names of the edges that are wrong, and whose gradient may be 0: robust
            losses have gradient 0 far away.
        right: the edge whose value must be lower than at `wrong` and `far`.
        couples: whether items may depend on the other samples of the batch.
        scalar: whether the loss is one number per batch.
        words: description of the kind for users.
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], Pair]
    shape: tuple[int, ...] = (SAMPLES, COLUMNS)
    edges: Callable[[tuple[int, ...]], dict[str, Pair]] = lambda shape: {}
    wrong: tuple[str, ...] = ()
    far: tuple[str, ...] = ()
    right: str = ""
    couples: bool = False
    scalar: bool = False
    words: str = ""

    def inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Pair]:
        """All inputs by name: three drawn batches, then the edges."""
        shape = shape or self.shape
        found = {
            f"drawn {seed}": self.draw(np.random.default_rng(seed), shape)
            for seed in range(3)
        }
        found |= self.edges(shape)
        return {name: single(pair) for name, pair in found.items()}


def single(pair: Pair) -> Pair:
    """Inputs as users pass them: float32 and int32."""
    t, p = (np.asarray(x) for x in pair)
    kinds = {"i": "int32", "u": "int32", "b": "float32"}
    return t.astype(kinds.get(t.dtype.kind, "float32")), p.astype("float32")


_MAP = (SAMPLES, 3, 5, 2)

KINDS: dict[str, Kind] = {
    "regression": Kind(
        draws.real,
        edges=draws.real_edges,
        far=("far away",),
        right="exact match",
        words="real targets and predictions of one shape",
    ),
    "positive": Kind(
        draws.positive,
        edges=draws.positive_edges,
        far=("large",),
        right="exact match",
        words="positive targets and predictions",
    ),
    "counts": Kind(
        draws.counts, edges=draws.count_edges, words="counts and positive rates"
    ),
    "counts_logits": Kind(
        draws.count_logits,
        edges=draws.count_logit_edges,
        words="counts and logarithms of rates",
    ),
    "binary": Kind(
        draws.binary,
        edges=draws.binary_edges,
        wrong=("nearly wrong",),
        right="exact match",
        words="0 or 1, and probabilities",
    ),
    "binary_logits": Kind(
        draws.binary_logits,
        edges=draws.binary_logit_edges,
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="0 or 1, and logits",
    ),
    "categorical": Kind(
        draws.categorical,
        edges=draws.categorical_edges,
        wrong=("nearly wrong",),
        right="exact match",
        words="one-hot labels and class probabilities",
    ),
    "categorical_logits": Kind(
        draws.categorical_logits,
        edges=draws.categorical_logit_edges,
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="one-hot labels and logits",
    ),
    "sparse": Kind(
        draws.as_ids(draws.categorical),
        edges=draws.as_ids(draws.categorical_edges),
        wrong=("nearly wrong",),
        right="exact match",
        words="class indices and class probabilities",
    ),
    "sparse_logits": Kind(
        draws.as_ids(draws.categorical_logits),
        edges=draws.as_ids(draws.categorical_logit_edges),
        wrong=("sure and wrong", "huge and wrong"),
        right="sure and right",
        words="class indices and logits",
    ),
    "cosines": Kind(
        draws.cosines,
        edges=draws.cosine_edges,
        wrong=("nearly wrong",),
        right="nearly right",
        words="one-hot labels and cosines of the classes",
    ),
    "sparse_cosines": Kind(
        draws.as_ids(draws.cosines),
        edges=draws.as_ids(draws.cosine_edges),
        wrong=("nearly wrong",),
        right="nearly right",
        words="class indices and cosines of the classes",
    ),
    "ordinal": Kind(
        draws.as_ids(draws.categorical),
        edges=draws.as_ids(draws.categorical_edges),
        words="ranks and probabilities of the classes",
    ),
    "ordinal_logits": Kind(
        draws.as_ids(draws.categorical_logits),
        edges=draws.as_ids(draws.categorical_logit_edges),
        words="ranks and logits",
    ),
    "sequence": Kind(
        draws_of_arrays.sequences,
        (SAMPLES, 5, COLUMNS),
        draws_of_arrays.sequence_edges,
        words="labels (B, L) and logits (B, T, C) of more frames",
    ),
    "segmentation": Kind(
        draws_of_arrays.regions,
        _MAP,
        draws_of_arrays.region_edges,
        far=("corners, wrong",),
        right="exact match",
        words="maps of labels and probabilities",
    ),
    "boxes": Kind(
        draws_of_arrays.boxes,
        edges=draws_of_arrays.box_edges,
        far=("disjoint",),
        right="exact match",
        words="boxes x1, y1, x2, y2",
    ),
    "embeddings": Kind(
        draws_of_arrays.embeddings,
        (SAMPLES, 5),
        draws_of_arrays.embedding_edges,
        couples=True,
        words="labels (B,) and embeddings (B, D)",
    ),
    "two_views": Kind(
        draws_of_arrays.views,
        (SAMPLES, 5),
        draws_of_arrays.view_edges,
        couples=True,
        words="two embeddings (B, D) of each sample",
    ),
    "pairs": Kind(
        draws_of_arrays.pairs,
        (SAMPLES, 1),
        draws_of_arrays.pair_edges,
        words="whether two are alike, and a distance",
    ),
    "quantiles": Kind(
        draws_of_arrays.quantiles,
        (SAMPLES, 3),
        draws_of_arrays.quantile_edges,
        words="a target (B, 1) and its quantiles (B, Q)",
    ),
    "statistic": Kind(
        draws.real,
        edges=draws.real_edges,
        couples=True,
        scalar=True,
        words="real targets and predictions, and one number per batch",
    ),
}
"""The kinds of inputs, by name."""

KINDS["regression_logits"] = KINDS["regression"]
KINDS["positive_logits"] = Kind(
    lambda rng, shape: (rng.gamma(2.0, size=shape) + 0.05, rng.normal(size=shape)),
    edges=draws.count_logit_edges,
    words="positive targets and logarithms of predictions",
)

DECLARED = "declared"
"""The name of the kind of a loss of this package, whose case declares the inputs."""


def of_declared(facts: dict[str, Any]) -> tuple[Kind, dict[str, Pair]]:
    """The kind and the inputs that the case of a loss declares."""
    inputs: dict[str, Pair] = arrays(facts["inputs"])
    first = next(iter(inputs.values()))
    edges = {name: inputs[name] for name in facts["edges"]}
    kind = Kind(
        lambda rng, shape: first,
        first[1].shape,
        lambda shape: edges,
        wrong=tuple(facts["wrong"]),
        couples=facts["couples"],
        scalar=facts["scalar"],
        words="what the loss declares",
    )
    return kind, inputs
