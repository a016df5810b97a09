"""Focal loss of a large batch of logits.

Float targets may be anything in [0, 1], which costs more passes over memory than
integers, which can only be 0 or 1. Other packages take floats only.
"""

from __future__ import annotations

from typing import Any

from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, One, Rng, Shape, normal
from benchmarks.workloads._functions import kerass, ours, using

SIZES = {"full": (8, 512, 512, 4), "small": (2, 32, 32, 4)}
LOGITS: dict[str, Any] = {"from_logits": True}


def targets(dtype: str) -> One:
    """Three of ten are 1."""
    return lambda rng, shape: (rng.uniform(size=shape) < 0.3).astype(dtype)


def by_torchvision(ops: Any) -> Any:
    """Its order is predictions first; an alpha below 0 is none."""
    return lambda t, x: ops.sigmoid_focal_loss(x, t, alpha=-1, reduction="mean")


def by_optax(losses: Any) -> Any:
    """Without alpha."""
    return lambda t, x: losses.sigmoid_focal_loss(x, t, alpha=None).mean()


def by_kornia(losses: Any) -> Any:
    """Without alpha; the channels may stand anywhere, as it looks at elements."""
    return lambda t, x: losses.binary_focal_loss_with_logits(
        x, t, alpha=None, gamma=2.0, reduction="mean"
    )


FUSED = (
    "XLA writes arrays of intermediate results to memory for the sum: three of ours "
    "(two for integer targets), four of Keras's"
)
PASSES = (
    "eight products, a pass over memory each, take 38 % of the time, and softplus and "
    "sigmoid, exact at any logit, with their gradients 24 %"
)
GRAPH = (
    "each operation of a graph is a pass over memory: products take a third of the "
    "time, selects a fifth, softplus and sigmoid, exact at any logit, an eighth"
)
KERAS = {"jax": FUSED, "tensorflow": GRAPH, "torch": PASSES}
OTHERS = {
    "torchvision": Peer(
        using("torchvision.ops", by_torchvision), 0.6, backends=("torch",)
    ),
    "kornia": Peer(using("kornia.losses", by_kornia), backends=("torch",)),
    "optax": Peer(using("optax.losses", by_optax), 1.0, backends=("jax",)),
}


def workload(label: str, dtype: str, peers: dict[str, Peer]) -> Workload:
    """Focal loss for targets of that dtype."""
    true = targets(dtype)

    def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
        return true(rng, shape), normal(rng, shape)

    keras = Peer(kerass("BinaryFocalCrossentropy", **LOGITS), 0.5, KERAS)
    return Workload(
        group="focal",
        name=label,
        sizes=SIZES,
        draw=draw,
        ours=ours("BinaryFocalCrossentropy", **LOGITS),
        peers={"keras": keras, **peers},
    )


WORKLOADS = (workload("float", "float32", OTHERS), workload("int", "int32", {}))
