"""Sparse cross-entropy over a large vocabulary. A process takes about 5 GB."""

from __future__ import annotations

from typing import Any

from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, Rng, Shape, indices
from benchmarks.workloads._functions import kerass, ours, using

VOID = -1


def logits(rng: Rng, shape: Shape) -> Array:
    """Normal numbers, in float32 from the start: float64 would be a gigabyte."""
    return rng.standard_normal(shape, "float32")


def all_labeled(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """A class index for every position."""
    return indices(rng, shape), logits(rng, shape)


def some_void(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """A tenth of the positions has no label."""
    ids, x = all_labeled(rng, shape)
    ids[rng.uniform(size=ids.shape) < 0.1] = VOID
    return ids, x


def by_torch(functional: Any) -> Any:
    """Its kernel wants int64."""
    return lambda t, x: functional.cross_entropy(x, t)


def by_optax(losses: Any) -> Any:
    """Then the mean."""
    return lambda t, x: losses.softmax_cross_entropy_with_integer_labels(x, t).mean()


def int64(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Class indices as torch wants them."""
    return inputs[0].astype("int64"), inputs[1]


REASONS = {
    "jax": "XLA moves 7.3 GB for a call and 8.4 GB for Keras's, most of it in passes "
    "that write exponentials, products and a scatter: the gradient has every logit",
    "tensorflow": "Keras's is one kernel, which gives NaN for infinite logits; the "
    "guard against them takes a fourth of our time, and so do selects",
    "torch": "selects keep ignored logits, which may be NaN, out of value and "
    "gradient: 40 % of the time, beside 43 % for the softmax",
}
MOVED = {
    "jax": "XLA moves 5.2 GB for a call, 4.7 GB for optax's and 6.3 GB for Keras's: "
    "logits of inf, NaN with both, take selects"
}


def workload(
    name: str, shape: Shape, draw: Any, goal: float, peers: dict[str, Peer], **more: Any
) -> Workload:
    """Logits of that shape, against Keras and others."""
    config = {"from_logits": True, **more}
    keras = Peer(kerass("SparseCategoricalCrossentropy", **config), goal, REASONS)
    return Workload(
        group="sparse_crossentropy",
        name=name,
        sizes={"full": shape, "small": (*(4 for _ in shape[:-1]), 50)},
        draw=draw,
        ours=ours("SparseCategoricalCrossentropy", **config),
        peers={"keras": keras, **peers},
    )


WORKLOADS = (
    workload(
        "tokens",
        (4096, 32000),
        all_labeled,
        1.0,
        {
            "torch": Peer(
                using("torch.nn.functional", by_torch),
                1.05,
                backends=("torch",),
                arrange=int64,
            ),
            "optax": Peer(
                using("optax.losses", by_optax), 0.9, MOVED, backends=("jax",)
            ),
        },
    ),
    workload("ignore_class", (8, 512, 32000), some_void, 0.5, {}, ignore_class=VOID),
)
