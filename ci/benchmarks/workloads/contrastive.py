"""Contrastive losses of a large batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, Rng, Shape
from benchmarks.workloads._functions import ours, using


def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Labels with about eight samples each, and embeddings of any length."""
    labels = rng.integers(0, shape[0] // 8, shape[0]).astype("int64")
    return labels, rng.normal(size=shape).astype("float32")


def views(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """The number of each sample, once for each view, and two views of each."""
    samples = np.arange(shape[0])
    x = rng.normal(size=(shape[0], 1, shape[1])) + 0.5 * rng.normal(
        size=(shape[0], 2, shape[1])
    )
    return samples.repeat(2), x.astype("float32")


def by_metric_learning(losses: Any) -> Any:
    """Its order is embeddings first."""
    loss = losses.SupConLoss(temperature=0.1)
    return lambda t, x: loss(x, t)


def of_views_by_metric_learning(losses: Any) -> Any:
    """Views are samples of one class."""
    loss = losses.NTXentLoss(temperature=0.5)
    return lambda t, x: loss(x.reshape(-1, x.shape[-1]), t)


def without_targets(loss: Any) -> Any:
    """It ignores them."""
    return lambda t, x: loss(None, x)


WORKLOADS = (
    Workload(
        group="contrastive",
        name="SupervisedContrastive",
        sizes={"full": (2048, 128), "small": (64, 16)},
        draw=draw,
        ours=ours("SupervisedContrastive", temperature=0.1),
        peers={
            "pytorch-metric-learning": Peer(
                using("pytorch_metric_learning.losses", by_metric_learning),
                0.3,
                backends=("torch",),
            )
        },
        agreement=Agreement(
            rtol=1e-4, of_largest=1e-5, why="logarithms of sums over the batch"
        ),
        flops=3 * 2 * 2048 * 2048 * 128,
    ),
    Workload(
        group="contrastive",
        name="NTXent",
        sizes={"full": (1024, 128), "small": (32, 16)},
        draw=views,
        ours=lambda: without_targets(ours("NTXent")()),
        peers={
            "pytorch-metric-learning": Peer(
                using("pytorch_metric_learning.losses", of_views_by_metric_learning),
                0.3,
                backends=("torch",),
            )
        },
        agreement=Agreement(
            rtol=1e-4, of_largest=1e-5, why="logarithms of sums over the batch"
        ),
        flops=3 * 2 * 2048 * 2048 * 128,
    ),
)
