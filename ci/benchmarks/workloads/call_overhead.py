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
REASONS: dict[str, dict[str, str]] = {"eager-gradient": {"jax": INFINITE}}


def workload(loss: str, label: str) -> Workload:
    """One loss in one lane."""
    config, (lane, goal) = LOSSES[loss], LANES[label]
    reasons = REASONS.get(label, {})
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
