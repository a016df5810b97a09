"""Contrastive losses of a large batch."""

from __future__ import annotations

from typing import Any

import keras
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


def pairs(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Targets that are ignored, and images and texts."""
    return np.zeros(shape[0], "float32"), views(rng, shape)[1]


def by_open_clip(temperature: float) -> Any:
    """Its formula: one matrix of logits, two cross-entropies, and their mean."""
    ops, entropy = keras.ops, keras.ops.sparse_categorical_crossentropy

    def function(t: Any, x: Any) -> Any:
        x = ops.normalize(x, axis=-1)
        logits = ops.matmul(x[:, 0], ops.transpose(x[:, 1])) / temperature
        labels = ops.arange(logits.shape[0], dtype="int64")
        of_images = ops.mean(entropy(labels, logits, from_logits=True))
        turned = ops.transpose(logits)
        of_texts = ops.mean(entropy(labels, turned, from_logits=True))
        return 0.5 * (of_images + of_texts)

    return function


def sigmoid_by_open_clip(scale: float, bias: float) -> Any:
    """Its formula: logits times labels of 1 and -1, and the log of a sigmoid."""
    ops = keras.ops

    def function(t: Any, x: Any) -> Any:
        x = ops.normalize(x, axis=-1)
        logits = scale * ops.matmul(x[:, 0], ops.transpose(x[:, 1])) + bias
        count = logits.shape[0]
        labels = 2 * ops.eye(count) - ops.ones((count, count))
        return -ops.sum(ops.log_sigmoid(labels * logits)) / count

    return function


AGAIN = (
    "four products of matrices, and three of the formula: the gradient needs the "
    "similarities again"
)
TEMPORARIES = {
    name: f"the compiled function has {ours} MB of temporaries and the formula's {its} "
    "MB; the peak has the gradient and memory that the process keeps, too"
    for name, ours, its in (("NTXent", 28, 546), ("SigLIP", 43, 554))
}
EMBEDDINGS = {
    "CLIP": {
        "tensorflow": "similarities are the smaller part: the peak is 8 % lower in "
        "chunks of 64 pairs than in chunks of 512; the rest is arrays of the "
        "embeddings' size, 17 MB each: normalized, with their gradients, and copies",
        "torch": "similarities are the smaller part: the peak is 23 % lower in chunks "
        "of 64 pairs than in chunks of 512; the rest is arrays of the embeddings' "
        "size, 17 MB each: normalized, with their gradients, and copies",
    },
    "NTXent": {
        "tensorflow": "in chunks of 64 samples the peak is 17 % lower than in those of "
        "`auto`, which are chosen for speed",
        "torch": "in chunks of 64 samples the peak is half of that in those of `auto`, "
        "which are chosen for speed",
    },
}
EMBEDDINGS["SigLIP"] = {"torch": "as for CLIP: most are arrays of the embeddings' size"}
UNCHUNKED = (
    "the three products of matrices take 43 % of the time, and selects of pairs 22 %"
)


def in_chunks(name: str, shape: Shape, time: float | None, memory: float) -> Workload:
    """A loss of pairs in linear memory, and the formula that holds all similarities."""
    formulas = {
        "CLIP": lambda: by_open_clip(0.07),
        "SigLIP": lambda: sigmoid_by_open_clip(10.0, -10.0),
    }
    build = formulas.get(name) or (lambda: without_targets(ours(name)()))
    return Workload(
        group="contrastive",
        name=f"{name} in chunks",
        sizes={"full": shape, "small": (40, 16)},
        draw=pairs,
        ours=lambda: without_targets(ours(name, chunk_size="auto")()),
        peers={
            "formula": Peer(
                build,
                time,
                {"tensorflow": AGAIN} if name == "SigLIP" else {},
                memory=memory,
                memory_reasons={
                    "jax": TEMPORARIES.get(name, ""),
                    **EMBEDDINGS[name],
                },
            )
        },
        agreement=Agreement(
            rtol=1e-4, of_largest=1e-5, why="logarithms of sums over the batch"
        ),
        flops=3 * 2 * shape[0] * shape[0] * shape[1],
        seconds=0.5,
    )


WORKLOADS = (
    in_chunks("CLIP", (8192, 256), 1.1, 0.08),
    in_chunks("SigLIP", (8192, 256), 0.9, 0.08),
    in_chunks("NTXent", (4096, 128), None, 0.05),
    Workload(
        group="contrastive",
        name="SupervisedContrastive in chunks",
        sizes={"full": (8192, 128), "small": (64, 16)},
        draw=draw,
        ours=ours("SupervisedContrastive", temperature=0.1, chunk_size="auto"),
        peers={
            "formula": Peer(ours("SupervisedContrastive", temperature=0.1)),
            "pytorch-metric-learning": Peer(
                using("pytorch_metric_learning.losses", by_metric_learning),
                0.3,
                backends=("torch",),
                memory=0.05,
            ),
        },
        agreement=Agreement(
            rtol=1e-4, of_largest=1e-5, why="logarithms of sums over the batch"
        ),
        flops=3 * 2 * 8192 * 8192 * 128,
        seconds=0.5,
    ),
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
                reasons={"torch": UNCHUNKED},
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
        sizes={"full": (256, 128), "small": (32, 16)},
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
        flops=3 * 2 * 512 * 512 * 128,
    ),
)
