"""Triplet losses of a batch, against other packages and the cubic form."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, Rng, Shape
from benchmarks.workloads._functions import ours, using

MARGIN = 0.2
GOAL = 0.1
FUSED = {
    "jax": "XLA makes one pass of the cubic form, without its B^3 numbers",
    "tensorflow": "the sort, TopK, takes 40 % (all) and 60 % (semi_hard) of the time "
    "of the operations; all others work on B x B numbers",
}
CLOSE = 5e-6


def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Two samples of each label, whose distances rounding cannot confuse with others.

    Otherwise a negative is farther than a positive for one and not for another.
    """
    labels = np.arange(shape[0], dtype="int32") // 2
    while True:
        x = rng.normal(size=shape).astype("float32")
        z = x / np.linalg.norm(x, axis=1, keepdims=True)
        d = 2.0 - 2.0 * (z @ z.T).astype("float64")
        other = np.arange(shape[0]) ^ 1
        apart = np.abs(d - d[np.arange(shape[0]), other][:, None])
        apart[np.arange(shape[0]), other] = 1.0
        if apart.min() > CLOSE:
            return labels, x


def cubic(ops: Any, mining: str) -> Any:
    """Every triplet in a tensor (B, B, B), as tutorials write it."""

    def loss(labels: Any, x: Any) -> Any:
        z = x / ops.norm(x, axis=1, keepdims=True)
        d = 2.0 - 2.0 * ops.matmul(z, ops.transpose(z))
        same = ops.expand_dims(labels, 1) == ops.expand_dims(labels, 0)
        other = ops.logical_not(same)
        size = ops.shape(d)[0]
        positive = ops.logical_and(same, ops.logical_not(ops.eye(size, dtype="bool")))
        to_positive, to_negative = ops.expand_dims(d, 2), ops.expand_dims(d, 1)
        if mining == "all":
            hinge = ops.relu(to_positive - to_negative + MARGIN)
            valid = ops.logical_and(
                ops.expand_dims(positive, 2), ops.expand_dims(other, 1)
            )
            active = ops.cast(ops.logical_and(valid, hinge > 0), d.dtype)
            count = ops.maximum(ops.sum(active, axis=(1, 2)), 1.0)
            items = ops.sum(hinge * active, axis=(1, 2)) / count
        else:
            farther = ops.logical_and(
                to_negative > to_positive, ops.expand_dims(other, 1)
            )
            nearest = ops.min(ops.where(farther, to_negative, float("inf")), axis=2)
            farthest = ops.max(ops.where(other, d, -float("inf")), 1, keepdims=True)
            negative = ops.where(ops.any(farther, axis=2), nearest, farthest)
            hinge = ops.where(positive, ops.relu(d - negative + MARGIN), 0.0)
            count = ops.sum(ops.cast(positive, d.dtype), axis=1)
            items = ops.sum(hinge, axis=1) / ops.maximum(count, 1.0)
        kept = ops.cast(ops.any(positive, axis=1), d.dtype)
        return ops.sum(items * kept) / ops.sum(kept)

    return loss


def by_metric_learning(losses: Any) -> Any:
    """Its miner finds the hardest triplet of each anchor."""
    package = "pytorch_metric_learning."
    miners, reducers = map(
        importlib.import_module, (f"{package}miners", f"{package}reducers")
    )
    distance = importlib.import_module(f"{package}distances").LpDistance(p=2, power=2)
    miner = miners.BatchHardMiner(distance=distance)
    reducer = reducers.MeanReducer()
    loss = losses.TripletMarginLoss(margin=MARGIN, distance=distance, reducer=reducer)
    return lambda t, x: loss(x, t, miner(x, t))


def workload(mining: str, peers: dict[str, Peer]) -> Workload:
    """One way of mining."""
    return Workload(
        group="triplet",
        name=mining,
        sizes={"full": (256, 128), "small": (32, 8)},
        draw=draw,
        ours=ours("Triplet", margin=MARGIN, mining=mining),
        peers=peers,
        agreement=Agreement(
            rtol=1e-3, of_largest=1e-3, why="a triplet at the margin counts or does not"
        ),
    )


def cubic_form(mining: str) -> dict[str, Peer]:
    """The peer that everybody has."""
    return {"cubic": Peer(using("keras.ops", cubic, mining), GOAL, FUSED)}


WORKLOADS = (
    workload("semi_hard", cubic_form("semi_hard")),
    workload("all", cubic_form("all")),
    workload(
        "hard",
        {
            "pytorch-metric-learning": Peer(
                using("pytorch_metric_learning.losses", by_metric_learning),
                1.0,
                backends=("torch",),
            )
        },
    ),
)
