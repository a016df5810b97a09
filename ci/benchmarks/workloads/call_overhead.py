"""What a call of a loss costs beside its arithmetic.

Batches of (32, 10): the time is Python's and the framework's, not the mathematics'.
"""

from __future__ import annotations

from typing import Any

from benchmarks.workload import Goal, Lane, Peer, Workload
from benchmarks.workloads._draws import (
    Array,
    Rng,
    Shape,
    as_float,
    indices,
    normal,
    one_hot,
)
from benchmarks.workloads._functions import kerass, ours

SHAPE = (32, 10)
LOSSES: dict[str, dict[str, Any]] = {
    "MeanSquaredError": {},
    "Huber": {},
    "BinaryCrossentropy": {"from_logits": True},
    "CategoricalCrossentropy": {"from_logits": True},
    "SparseCategoricalCrossentropy": {"from_logits": True},
}
# Elsewhere than on TensorFlow Keras's reduction scales nothing, so ours can be leaner.
EAGER = {"tensorflow": 1.05, "jax": 0.8, "torch": 0.8}
LANES: dict[str, tuple[Lane, Goal]] = {
    "eager": ("eager", EAGER),
    "eager-weights": ("eager", 1.5),
    "eager-gradient": ("eager gradient", EAGER),
    "compiled-gradient": ("compiled gradient", 1.05),
}


INFINITE = (
    "a gradient is traced operation by operation, and logits of inf and -inf, which "
    "give NaN with Keras, take comparisons and selects"
)
CHECKED = (
    "7 kernels, and 15 of Keras's; the class indices are read, so that one out of "
    "range is an error"
)
CHECKS = "8 kernels, and 13 of Keras's; the rest is Python, which checks the inputs"
READ = (
    "8 operations, and 9 of Keras's; the class indices are read, so that one out of "
    "range is an error"
)
GRAPH = (
    "129 nodes of a graph that is right at infinite logits; Keras's has 31, one of "
    "them a kernel that gives NaN there"
)
REASONS: dict[tuple[str, str], dict[str, str]] = {
    ("Huber", "eager"): {
        "tensorflow": "17 operations, and 16 of Keras's; seven of them are the clip, "
        "with its gradient of 1 at the bounds"
    },
    ("Huber", "eager-gradient"): {"jax": "a gradient is traced operation by operation"},
    ("BinaryCrossentropy", "eager"): {"torch": CHECKS},
    ("BinaryCrossentropy", "eager-gradient"): {"torch": CHECKS},
    ("CategoricalCrossentropy", "eager-gradient"): {"jax": INFINITE},
    ("CategoricalCrossentropy", "compiled-gradient"): {
        "tensorflow": "88 nodes of a graph that is right at infinite logits; Keras's "
        "has 67, one of them a kernel that gives NaN there"
    },
    ("SparseCategoricalCrossentropy", "eager"): {"tensorflow": READ, "torch": CHECKED},
    ("SparseCategoricalCrossentropy", "eager-gradient"): {
        "tensorflow": READ,
        "jax": INFINITE,
        "torch": CHECKED,
    },
    ("SparseCategoricalCrossentropy", "compiled-gradient"): {"tensorflow": GRAPH},
}


def workload(loss: str, label: str) -> Workload:
    """One loss in one lane."""
    config, (lane, goal) = LOSSES[loss], LANES[label]
    reasons = REASONS.get((loss, label), {})
    true = indices if loss.startswith("Sparse") else as_float(one_hot)

    def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
        tensors = true(rng, shape), normal(rng, shape)
        if label != "eager-weights":
            return tensors
        return *tensors, rng.uniform(size=shape[0]).astype("float32")

    return Workload(
        group="call_overhead",
        name=f"{loss}-{label}",
        sizes={"full": SHAPE, "small": SHAPE},
        draw=draw,
        ours=ours(loss, **config),
        peers={"keras": Peer(kerass(loss, **config), goal, reasons)},
        lane=lane,
    )


WORKLOADS = tuple(workload(loss, label) for loss in LOSSES for label in LANES)
